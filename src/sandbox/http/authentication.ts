/** Who is asking: a client certificate of our CA, or the administrator's token. Everybody who is known may do everything. */
import type {IncomingMessage} from 'node:http';
import {TLSSocket} from 'node:tls';
import {timingSafeEqual} from 'node:crypto';
import {ApiError} from '../api-error.ts';
import type {User} from './call.ts';

export const ADMIN: User = {name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated']};
const ANONYMOUS = 'system:anonymous';
/** What a load balancer or a script may ask without credentials. */
const OPEN = new Set(['/healthz', '/livez', '/readyz', '/version']);

export function authenticate(request: IncomingMessage, {path, token}: {path: string; token: string}): User {
  if (request.headers['impersonate-user'] !== undefined) {
    const who = String(request.headers['impersonate-user']);
    throw new ApiError(
      'Forbidden',
      `forbidden: User "${who}" cannot get path "${path}": the sandbox knows no user but its administrator`,
      {},
    );
  }
  const {authorization} = request.headers;
  if (authorization !== undefined) {
    const [scheme = '', given = ''] = authorization.split(' ');
    if (scheme.toLowerCase() === 'bearer' && isSame(given, token)) return ADMIN;
    throw new ApiError('Unauthorized', 'Unauthorized');
  }
  const user = certificateUser(request);
  if (user !== undefined) return user;
  if (OPEN.has(path)) return {name: ANONYMOUS, groups: ['system:unauthenticated']};
  const verb = request.method === 'GET' ? 'get' : (request.method ?? '').toLowerCase();
  throw new ApiError('Forbidden', `forbidden: User "${ANONYMOUS}" cannot ${verb} path "${path}"`, {});
}

/** The token alone: for TokenReview. */
export function isSame(given: string, token: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(token)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function certificateUser({socket}: IncomingMessage): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const {subject} = socket.getPeerCertificate();
  const names = (value: string | readonly string[] | undefined): readonly string[] =>
    value === undefined ? [] : typeof value === 'string' ? [value] : value;
  const [name] = names(subject.CN);
  return name === undefined ? undefined : {name, groups: [...names(subject.O), 'system:authenticated']};
}
