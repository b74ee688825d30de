// Topic names and filters of MQTT: what is well formed, and which filter a topic meets (MQTT 5 §4.7).

/** A topic one may publish to: no wildcards, no null, not empty, at most 1,024 characters. */
export const isTopic = (t: string): boolean => t.length > 0 && t.length <= 1024 && !/[+#\u0000]/.test(t);

/** A filter one may subscribe to: `+` and `#` stand alone between slashes, `#` only at the end. */
export function isFilter(f: string): boolean {
  if (!f.length || f.length > 1024 || f.includes('\u0000')) return false;
  const parts = f.split('/');
  return parts.every((p, i) => (p === '#' ? i === parts.length - 1 : p === '+' || !/[+#]/.test(p)));
}

/** Whether a topic meets a filter; topics beginning with `$` are not met by a leading wildcard. */
export function meets(topic: string, filter: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const t = topic.split('/');
  const f = filter.split('/');
  for (let i = 0; i < f.length; i++) {
    if (f[i] === '#') return true;
    if (i >= t.length || (f[i] !== '+' && f[i] !== t[i])) return false;
  }
  return t.length === f.length;
}
