// Levels I–IV: roman numeral and word, never colour alone; smaller is worse.
import { useText } from '../texts.tsx';

export const levelWords = [
  { zh: 'I 红', en: 'I red' },
  { zh: 'II 橙', en: 'II orange' },
  { zh: 'III 黄', en: 'III yellow' },
  { zh: 'IV 蓝', en: 'IV blue' },
];
export function Level({ level }: { level: number | null | undefined }) {
  const s = useText();
  if (!level || level < 1 || level > 4) return <span className="muted">—</span>;
  return <span className={`level level-${level}`}>{s(levelWords[level - 1])}</span>;
}
