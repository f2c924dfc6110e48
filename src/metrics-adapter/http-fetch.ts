/**
 * One GET of a pod's metrics. It is bounded in every direction: time (headers and body together, so that a dripping body ends too),
 * size, no redirect, no compression, and only the address it was given. Certificates of `https` engines are not verified: pods are
 * reached by IP and sign for themselves; nothing secret is sent. Connections are kept alive.
 */
import {Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions} from 'node:http';
import {Agent as HttpsAgent, request as httpsRequest} from 'node:https';
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Address} from './pod-address.ts';

/** `refused`: nobody listens there. `unreachable`: nothing can be said of who does. */
export const FAILURES = ['refused', 'unreachable', 'timeout', 'status', 'redirect', 'encoded', 'too_large', 'broken'] as const;
export type Failure = (typeof FAILURES)[number];

export type Fetched =
  | {readonly body: Buffer; readonly openMetrics: boolean}
  /** `problem` is for a user: it follows "pod NAME (". */
  | {readonly failure: Failure; readonly problem: string};

export interface Fetcher {
  /** Never rejects. */
  fetch(address: Address, timeoutMs: number, signal: AbortSignal): Promise<Fetched>;
  close(): void;
}

const MAX_BODY = 16 * 1024 * 1024;
/** A kept connection of a pod that went without a word is given up. */
const IDLE_MS = 120_000;
/** Given as a reason, since the default one is an error with a stack, which costs more than reading a small answer. */
const ENDED = 'ended';
const ACCEPT = 'text/plain;version=0.0.4';
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP',
};

export function createFetcher({clock, maxBody = MAX_BODY}: {readonly clock: Clock; readonly maxBody?: number}): Fetcher {
  const agents = {
    http: new HttpAgent({keepAlive: true, scheduling: 'lifo', timeout: IDLE_MS}),
    https: new HttpsAgent({keepAlive: true, scheduling: 'lifo', timeout: IDLE_MS, rejectUnauthorized: false}),
  };
  const once = (address: Address, signal: AbortSignal): Exchange => {
    const options: RequestOptions = {
      host: address.host,
      port: address.port,
      path: address.path,
      agent: agents[address.scheme],
      headers: {accept: ACCEPT, 'accept-encoding': 'identity', 'user-agent': 'rsg-metrics-adapter'},
      signal,
    };
    return exchange(address.scheme === 'https' ? httpsRequest(options) : httpRequest(options), maxBody);
  };
  return {
    fetch: async (address, timeoutMs, signal) => {
      const ending = new AbortController();
      const end = (): void => {
        ending.abort(ENDED);
      };
      if (signal.aborted) end();
      signal.addEventListener('abort', end, {once: true});
      const deadline = clock.sleep(timeoutMs, ending.signal).then((): 'late' => 'late');
      const attempt = async (): Promise<Fetched> => {
        const first = once(address, ending.signal);
        const answer = await first.result;
        // A kept connection may have been closed by the other side just now.
        return 'failure' in answer && answer.failure === 'unreachable' && first.reused()
          ? await once(address, ending.signal).result
          : answer;
      };
      const answer = await Promise.race([attempt().catch(refused), deadline]);
      signal.removeEventListener('abort', end);
      end();
      return answer === 'late' ? {failure: 'timeout', problem: `no whole answer in ${String(timeoutMs)} ms`} : answer;
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** What node will not even send: a path with a blank, a port that is none. */
function refused(error: unknown): Fetched {
  return {failure: 'unreachable', problem: `it cannot be asked: ${messageOf(error)}`};
}

interface Exchange {
  readonly result: Promise<Fetched>;
  /** Whether it went over a connection that had been used before. */
  reused(): boolean;
}

function exchange(outgoing: ClientRequest, maxBody: number): Exchange {
  const result = new Promise<Fetched>((resolve) => {
    outgoing.on('error', (error) => {
      resolve({failure: codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'unreachable', problem: reasonOf(error)});
    });
    outgoing.on('response', (response) => {
      const refusal = refusalOf(response, maxBody);
      if (refusal === undefined) collect(response, maxBody, resolve);
      else {
        response.destroy();
        resolve(refusal);
      }
    });
    outgoing.end();
  });
  return {result, reused: () => outgoing.reusedSocket};
}

function refusalOf({statusCode = 0, headers}: IncomingMessage, maxBody: number): Fetched | undefined {
  if (statusCode >= 300 && statusCode < 400) return {failure: 'redirect', problem: `it redirects (HTTP ${String(statusCode)})`};
  if (statusCode !== 200) return {failure: 'status', problem: `HTTP ${String(statusCode)}`};
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') return {failure: 'encoded', problem: 'its answer is compressed, which was not asked for'};
  return Number(headers['content-length'] ?? 0) > maxBody ? tooLarge(maxBody) : undefined;
}

function tooLarge(maxBody: number): Fetched {
  return {failure: 'too_large', problem: `its answer is larger than ${String(maxBody)} bytes`};
}

function collect(response: IncomingMessage, maxBody: number, resolve: (fetched: Fetched) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBody) chunks.push(chunk);
    else {
      resolve(tooLarge(maxBody));
      response.destroy();
    }
  });
  response.on('error', (error) => {
    resolve({failure: 'unreachable', problem: `its answer broke off: ${reasonOf(error)}`});
  });
  response.on('end', () => {
    const openMetrics = (response.headers['content-type'] ?? '').startsWith('application/openmetrics-text');
    resolve({body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size), openMetrics});
  });
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

function reasonOf(error: Error): string {
  return REASONS[codeOf(error)] ?? messageOf(error);
}
