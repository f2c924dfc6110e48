/** What the API server answers when it does not do what was asked: a `Status` in the real one's words. */
import type {ResourceType} from '../api/objects.ts';

export type StatusReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Expired'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'Invalid'
  | 'ServiceUnavailable'
  | 'InternalError'
  | 'Timeout';

const CODES: Readonly<Record<StatusReason, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

/** One mistake in an object. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: StatusReason;
  /** HTTP status. */
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason, message: string, details?: StatusDetails) {
    super(message);
    this.reason = reason;
    this.code = CODES[reason];
    this.details = details;
  }

  /** The `v1.Status` object that goes over the wire. */
  toStatus(): object {
    const {message, reason, details, code} = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details === undefined ? {} : {details}),
      code,
    };
  }
}

export function isApiError(error: unknown, ...reasons: readonly StatusReason[]): error is ApiError {
  return error instanceof ApiError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualified(type: Pick<ResourceType, 'group' | 'plural'>): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

/** Details name the resource, not the kind, except where an object was refused as invalid. */
function about(type: ResourceType, name: string): StatusDetails {
  return {name, ...(type.group === '' ? {} : {group: type.group}), kind: type.plural};
}

/** What is asked for is no resource at all. */
export function noSuchResource(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function notFound(type: ResourceType, name: string): ApiError {
  return new ApiError('NotFound', `${qualified(type)} "${name}" not found`, about(type, name));
}

export function alreadyExists(type: ResourceType, name: string): ApiError {
  return new ApiError('AlreadyExists', `${qualified(type)} "${name}" already exists`, about(type, name));
}

/** Optimistic locking, and preconditions of deletes. */
export function conflict(type: ResourceType, name: string, why = STALE): ApiError {
  return new ApiError('Conflict', `Operation cannot be fulfilled on ${qualified(type)} "${name}": ${why}`, about(type, name));
}

const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

export function invalid(type: ResourceType, name: string, causes: readonly StatusCause[]): ApiError {
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const all = causes.map(({field, message}) => `${field}: ${message}`);
  const text = all.length === 1 ? (all[0] ?? '') : `[${all.join(', ')}]`;
  return new ApiError('Invalid', `${kind} "${name}" is invalid: ${text}`, {
    name,
    ...(type.group === '' ? {} : {group: type.group}),
    kind: type.kind,
    causes,
  });
}
