/** What the API server answers when it does not do what was asked. */

/** `Status.reason` values that RSG tells apart. Ours are `Unreachable`: no answer at all; `Malformed`: one that is not Kubernetes'; `Aborted`. */
export type KubeErrorCode =
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'Forbidden'
  | 'Unauthorized'
  | 'TooManyRequests'
  | 'ServerError'
  | 'Unreachable'
  | 'Malformed'
  | 'Aborted'
  | 'Other';

export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: KubeErrorCode;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** How long the server asked to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: {code: KubeErrorCode; status: number; retryAfterMs?: number | undefined; cause?: unknown}) {
    super(message, details.cause === undefined ? undefined : {cause: details.cause});
    this.code = details.code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeError {
  return error instanceof KubeError && (codes.length === 0 || codes.includes(error.code));
}

const BY_STATUS: Readonly<Record<number, KubeErrorCode>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  // A load balancer that gave up on an idle connection.
  408: 'ServerError',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
};

/** 409 has two meanings, which only `Status.reason` tells apart. */
export function codeOf(status: number, reason: string | undefined): KubeErrorCode {
  if (reason === 'AlreadyExists') return 'AlreadyExists';
  if (reason === 'Expired') return 'Gone';
  return BY_STATUS[status] ?? (status >= 500 ? 'ServerError' : 'Other');
}

/** Whether the same request may succeed later without anything being changed. Whether a write was done is not known then. */
export function isRetryable(error: unknown): boolean {
  return isKubeError(error, 'TooManyRequests', 'ServerError', 'Unreachable', 'Malformed', 'Unauthorized');
}
