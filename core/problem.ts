// The one table of errors: every refusal the hub can give, served as RFC 9457 problem details.

/** Code → HTTP status and title. A code is part of the public contract; texts may improve. */
export const problems = {
  'bad-request': { status: 400, title: { zh: '请求格式不正确', en: 'The request is malformed' } },
  'invalid-input': { status: 400, title: { zh: '填写内容有误', en: 'The input is not valid' } },
  'idempotency-key-missing': { status: 400, title: { zh: '缺少 Idempotency-Key', en: 'Idempotency-Key is required' } },
  'not-signed-in': { status: 401, title: { zh: '请先登录', en: 'Sign in first' } },
  'login-failed': { status: 401, title: { zh: '账号或密码不正确', en: 'Wrong account or password' } },
  forbidden: { status: 403, title: { zh: '没有权限', en: 'Not permitted' } },
  'csrf-failed': { status: 403, title: { zh: '会话校验失败，请刷新页面', en: 'Session check failed, reload the page' } },
  'password-change-required': { status: 403, title: { zh: '请先修改初始密码', en: 'Change the initial password first' } },
  'not-found': { status: 404, title: { zh: '没有找到', en: 'Not found' } },
  conflict: { status: 409, title: { zh: '与当前状态冲突', en: 'Conflicts with the current state' } },
  'request-in-progress': { status: 409, title: { zh: '同一请求正在处理', en: 'The same request is being processed' } },
  'not-allowed-in-state': { status: 409, title: { zh: '当前状态不能这样做', en: 'Not allowed in this state' } },
  'version-stale': { status: 412, title: { zh: '内容已被他人更新', en: 'Changed by someone else meanwhile' } },
  'too-large': { status: 413, title: { zh: '内容过大', en: 'Too large' } },
  'unsupported-media-type': { status: 415, title: { zh: '不支持的内容类型', en: 'Unsupported media type' } },
  'key-reused': { status: 422, title: { zh: '同一 Idempotency-Key 用于不同内容', en: 'Idempotency-Key reused with another payload' } },
  'account-locked': { status: 423, title: { zh: '账号已锁定', en: 'Account locked' } },
  'version-required': { status: 428, title: { zh: '缺少 If-Match', en: 'If-Match is required' } },
  'too-many-requests': { status: 429, title: { zh: '请求过多，请稍后再试', en: 'Too many requests' } },
  internal: { status: 500, title: { zh: '系统内部错误', en: 'Internal error' } },
  'not-supported': { status: 501, title: { zh: '暂不支持', en: 'Not supported' } },
  overloaded: { status: 503, title: { zh: '系统繁忙，请稍后重试', en: 'Busy, retry later' } },
} as const satisfies Record<string, { status: number; title: { zh: string; en: string } }>;

export type ProblemCode = keyof typeof problems;

/** One place in the input and what is wrong there; `pointer` is a JSON pointer such as `/body/items/3/value`. */
export interface ProblemItem {
  pointer: string;
  message: string;
}

/** A refusal: thrown anywhere below the HTTP edge, served by it as `application/problem+json`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly errors: ProblemItem[] | undefined;
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  readonly retryAfter: number | undefined;
  constructor(code: ProblemCode, more: { detail?: string; errors?: ProblemItem[]; retryAfter?: number } = {}) {
    super(more.detail ?? problems[code].title.zh);
    this.name = 'Problem';
    this.code = code;
    this.detail = more.detail;
    this.errors = more.errors;
    this.retryAfter = more.retryAfter;
  }
  get status(): number {
    return problems[this.code].status;
  }
}

/** Shorthand: `throw problem('not-found', { detail: '…' })`. */
export const problem = (code: ProblemCode, more: { detail?: string; errors?: ProblemItem[]; retryAfter?: number } = {}): Problem => new Problem(code, more);
