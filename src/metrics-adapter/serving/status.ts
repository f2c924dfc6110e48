/** `metav1.Status`: how the Kubernetes API says no. Pure. */

/** What can go wrong on an aggregated API, by its HTTP status. */
export const REASONS = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  500: 'InternalError',
  503: 'ServiceUnavailable',
} as const;
export type StatusCode = keyof typeof REASONS;

export interface Failure {
  readonly code: StatusCode;
  readonly message: string;
}

export function isFailure(value: object): value is Failure {
  return 'code' in value && 'message' in value;
}

/** Its JSON text. */
export function statusBody({code, message}: Failure): string {
  return JSON.stringify({kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: REASONS[code], code});
}
