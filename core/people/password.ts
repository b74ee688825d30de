// The password policy as data (SEC-02): which rules a profile asks for, and what a candidate breaks.

export interface PasswordPolicy {
  name: string;
  minLength: number;
  /** How many of lower, upper, digit, other must occur; 0: composition is not asked for (ASVS 6.2.5). */
  classes: number;
  /** How many earlier passwords may not come back. */
  history: number;
  /** Days until it must be changed; 0: never forced (ASVS 6.2.10). */
  maxAgeDays: number;
}

/** `mlps3` follows 等保 level 3 practice and is the default; `asvs` follows OWASP ASVS 5.0 level 2. */
export const passwordPolicies: Record<'mlps3' | 'asvs', PasswordPolicy> = {
  mlps3: { name: 'mlps3', minLength: 10, classes: 3, history: 5, maxAgeDays: 90 },
  asvs: { name: 'asvs', minLength: 12, classes: 0, history: 0, maxAgeDays: 0 },
};

const weak = ['password', 'passw0rd', 'qwerty', 'abc123', '123456', 'admin', 'chengshu', 'chongqing', 'welcome', '11111111', 'iloveyou', 'letmein'];

/** What is wrong with a candidate; empty when nothing is. */
export function passwordFaults(policy: PasswordPolicy, candidate: string, login: string): string[] {
  const faults: string[] = [];
  if ([...candidate].length < policy.minLength) faults.push(`至少 ${policy.minLength} 位`);
  if (candidate.length > 128) faults.push('最多 128 位');
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((c) => c.test(candidate)).length;
  if (classes < policy.classes) faults.push(`须含大写、小写、数字、符号中的 ${policy.classes} 类`);
  const low = candidate.toLowerCase();
  if (low.includes(login.toLowerCase())) faults.push('不能包含账号');
  if (weak.some((w) => low.includes(w))) faults.push('包含常见弱口令');
  if (/(.)\1{3,}/.test(low)) faults.push('不能有四个以上连续相同字符');
  return faults;
}
