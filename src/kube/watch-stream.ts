/** Reads the body of a watch: one JSON event per line. */
import type {Readable} from 'node:stream';
import {createInterface} from 'node:readline';
import {z} from 'zod';
import {apiVersionOf, type KubeObject, type ResourceType} from '../api/objects.ts';
import {codeOf, KubeError} from './errors.ts';

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

/** Throws the server's ERROR event (410 when the version is too old) and whatever breaks the connection. */
export async function* readWatch(body: Readable, type: ResourceType): AsyncGenerator<WatchEvent> {
  try {
    // readline swallows errors of its input, so they are kept and thrown once the lines end.
    let broken: Error | undefined;
    body.once('error', (error: Error) => {
      broken = error;
    });
    for await (const line of createInterface({input: body, crlfDelay: Infinity})) {
      if (line === '') continue;
      const event = eventSchema.parse(JSON.parse(line));
      if (event.type === 'ERROR') {
        const {code, reason, message} = event.object;
        throw new KubeError(message, {code: codeOf(code, reason), status: code});
      }
      yield {type: event.type, object: {...event.object, apiVersion: apiVersionOf(type), kind: type.kind}};
    }
    if (broken !== undefined)
      throw new KubeError(`the watch broke off: ${broken.message}`, {code: 'Unreachable', status: 0, cause: broken});
  } finally {
    body.destroy();
  }
}
