/** Answers of an API server, checked: nothing comes in that is not an object, a list or a Status. */
import type {IncomingHttpHeaders} from 'node:http';
import {z} from 'zod';
import type {KubeObject} from '../api/objects.ts';
import {codeOf, KubeError} from './errors.ts';

const metadata = z.custom<KubeObject['metadata']>((value) => typeof value === 'object' && value !== null, 'metadata is missing');

export const objectSchema = z.looseObject({apiVersion: z.string(), kind: z.string(), metadata});

/** What a DELETE leaves: the object while finalizers keep it, undefined when it is gone (a Status, or the object as it was last). */
export const leftSchema = z.unknown().transform((answer) => {
  const {success, data} = objectSchema.safeParse(answer);
  return success && data.kind !== 'Status' && (data.metadata.finalizers ?? []).length > 0 ? data : undefined;
});

export const listSchema = z.looseObject({
  metadata: z.looseObject({resourceVersion: z.string().default(''), continue: z.string().optional()}),
  // An empty PartialObjectMetadataList comes with null.
  items: z
    .array(z.looseObject({metadata}))
    .nullable()
    .transform((items) => items ?? []),
});

const statusSchema = z.looseObject({
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z.looseObject({retryAfterSeconds: z.number().optional()}).optional().catch(undefined),
});

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The body as JSON of the wanted shape; `Malformed` when it is not, as from a proxy that answers with a page of its own. */
export function parseAnswer<T>(schema: z.ZodType<T>, {status, body}: RawAnswer, what: string): T {
  const parsed = schema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  const start = JSON.stringify(body.slice(0, 80));
  throw new KubeError(`${what}: the answer is not what Kubernetes answers: ${start}`, {code: 'Malformed', status, cause: parsed.error});
}

/** What an answer that is no success says, in the server's own words. `now` in milliseconds since the epoch. */
export function failureOf({status, headers, body}: RawAnswer, what: string, now: number): KubeError {
  const {message, reason, details} = statusSchema.catch({}).parse(jsonOf(body));
  const retryAfterMs = retryAfterOf(headers['retry-after'], now) ?? (details?.retryAfterSeconds ?? 0) * 1000;
  const code = codeOf(status, reason);
  return new KubeError(message ?? `${what}: HTTP ${String(status)}`, {
    code,
    status,
    retryAfterMs: retryAfterMs > 0 ? retryAfterMs : undefined,
  });
}

/** Seconds, as Kubernetes writes it, or a date, as proxies may (RFC 9110). */
function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/u.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? ms : undefined;
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
