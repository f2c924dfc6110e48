/** Reads the body of a watch: one JSON event per line. */
import {z} from 'zod';
import {apiVersionOf, type KubeObject, type ResourceType} from '../api/objects.ts';
import {messageOf} from '../runtime/errors.ts';
import {codeOf, KubeError} from './errors.ts';

/** As a Readable is one. */
export interface Bytes extends AsyncIterable<Uint8Array> {
  destroy(): unknown;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']),
    object: z.looseObject({metadata: z.custom<KubeObject['metadata']>((value) => typeof value === 'object' && value !== null)}),
  }),
  z.object({
    type: z.literal('ERROR'),
    object: z.looseObject({code: z.number().default(500), reason: z.string().optional(), message: z.string().default('watch failed')}),
  }),
]);

/**
 * Ends when the server ends the stream. Throws the server's ERROR event (`Gone` when the version is too old), `Unreachable` when the
 * connection breaks, and `Malformed` for a line that is no event, also one that the end cut off.
 */
export async function* readWatch(body: Bytes, type: ResourceType): AsyncGenerator<WatchEvent> {
  try {
    for await (const line of linesOf(body)) {
      const event = parseEvent(line);
      if (event.type === 'ERROR') {
        const {code, reason, message} = event.object;
        throw new KubeError(message, {code: codeOf(code, reason), status: code});
      }
      yield {type: event.type, object: {...event.object, apiVersion: apiVersionOf(type), kind: type.kind}};
    }
  } catch (error) {
    if (error instanceof KubeError) throw error;
    throw new KubeError(`the watch broke off: ${messageOf(error)}`, {code: 'Unreachable', status: 0, cause: error});
  } finally {
    body.destroy();
  }
}

function parseEvent(line: string): z.output<typeof eventSchema> {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new KubeError(`a line of the watch is no event: ${JSON.stringify(line.slice(0, 80))}`, {code: 'Malformed', status: 200, cause});
  }
}

const NEWLINE = 0x0a;

/** Split at bytes, so that a character cut in two is whole again; node:readline also splits at U+2028, which JSON may contain. */
async function* linesOf(body: Bytes): AsyncGenerator<string> {
  let rest: Uint8Array[] = [];
  for await (const chunk of body) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8');
      rest = [];
      from = at + 1;
      if (line.trim() !== '') yield line;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  const last = Buffer.concat(rest).toString('utf8');
  if (last.trim() !== '') yield last;
}
