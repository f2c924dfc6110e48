/**
 * Instant queries against a Prometheus-compatible server. Credentials are files, read anew for each round, so that a rotated token or
 * certificate is used without a restart. Errors are thrown in words for the user; nothing of a credential is in them.
 */
import {readFile} from 'node:fs/promises';
import {request as httpRequest, type IncomingMessage, type RequestOptions} from 'node:http';
import {request as httpsRequest} from 'node:https';
import {z} from 'zod';
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';

export interface PrometheusOptions {
  /** Base address, with the path prefix of a tenant or proxy if there is one: `https://mimir.example/prometheus`. */
  readonly url: string;
  readonly bearerTokenFile?: string | undefined;
  readonly basic?: {readonly username: string; readonly passwordFile: string} | undefined;
  /** PEM files; a client certificate needs its key. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** One series of a range selector. */
export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly {readonly atMs: number; readonly value: number}[];
}

export interface PrometheusClient {
  /** `at`: evaluation time of all queries of a round, milliseconds since the epoch. */
  range(selector: string, at: {readonly atMs: number; readonly timeoutMs: number}, signal: AbortSignal): Promise<readonly RangeSeries[]>;
}

const MAX_BODY = 64 * 1024 * 1024;

const answerSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.object({
      resultType: z.literal('matrix'),
      result: z.array(z.object({metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])).optional()})),
    }),
  }),
  z.object({status: z.literal('error'), errorType: z.string().default('error'), error: z.string().default('')}),
]);

export function createPrometheusClient(options: PrometheusOptions, {clock}: {readonly clock: Clock}): PrometheusClient {
  const base = new URL(options.url);
  const path = `${base.pathname.replace(/\/$/u, '')}/api/v1/query`;
  const send = base.protocol === 'https:' ? httpsRequest : httpRequest;
  return {
    range: async (selector, {atMs, timeoutMs}, signal) => {
      const body = new URLSearchParams({query: selector, time: (atMs / 1000).toFixed(3), timeout: `${String(timeoutMs)}ms`}).toString();
      const ending = new AbortController();
      const end = (): void => {
        ending.abort();
      };
      if (signal.aborted) end();
      signal.addEventListener('abort', end, {once: true});
      void clock.sleep(timeoutMs, ending.signal).then(end);
      try {
        const request: RequestOptions = {
          ...(await credentials(options)),
          method: 'POST',
          hostname: base.hostname.replace(/^\[|\]$/gu, ''),
          port: base.port === '' ? undefined : base.port,
          path,
          signal: ending.signal,
        };
        return parse(await exchange(send, request, body));
      } catch (error) {
        if (ending.signal.aborted && !signal.aborted) throw new Error(`no answer in ${String(timeoutMs)} ms`, {cause: error});
        throw error;
      } finally {
        signal.removeEventListener('abort', end);
        end();
      }
    },
  };
}

async function credentials({bearerTokenFile, basic, caFile, certFile, keyFile}: PrometheusOptions): Promise<object> {
  const read = async (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : await readFile(file, 'utf8');
  const [token, password, ca, cert, key] = await Promise.all([bearerTokenFile, basic?.passwordFile, caFile, certFile, keyFile].map(read));
  const login = basic === undefined ? undefined : `Basic ${Buffer.from(`${basic.username}:${(password ?? '').trim()}`).toString('base64')}`;
  const authorization = token === undefined ? login : `Bearer ${token.trim()}`;
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'rsg-metrics-adapter',
    ...(authorization === undefined ? {} : {authorization}),
  };
  const tls = {...(ca === undefined ? {} : {ca}), ...(cert === undefined ? {} : {cert}), ...(key === undefined ? {} : {key})};
  return {headers, ...tls};
}

function exchange(send: typeof httpRequest, options: RequestOptions, body: string): Promise<{status: number; text: string}> {
  return new Promise((resolve, reject) => {
    const outgoing = send(options, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BODY) outgoing.destroy(new Error(`its answer is larger than ${String(MAX_BODY)} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        resolve({status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8')});
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function parse({status, text}: {readonly status: number; readonly text: string}): readonly RangeSeries[] {
  if (status === 401 || status === 403) throw new Error(`HTTP ${String(status)}: the credentials are refused`);
  const answer = answerSchema.safeParse(jsonOf(text));
  if (!answer.success) throw new Error(`HTTP ${String(status)}, and what it says is no answer of a Prometheus`);
  if (answer.data.status === 'error') throw new Error(`${answer.data.errorType}: ${answer.data.error.slice(0, 200)}`);
  return answer.data.data.result.map(({metric, values = []}) => ({
    labels: metric,
    points: values.map(([seconds, value]) => ({atMs: Math.round(seconds * 1000), value: numberOf(value)})),
  }));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return messageOf(error);
  }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
