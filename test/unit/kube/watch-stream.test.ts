import assert from 'node:assert/strict';
import {Readable} from 'node:stream';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import type {ResourceType} from '../../../src/api/objects.ts';
import {isKubeError, type KubeErrorCode} from '../../../src/kube/errors.ts';
import {readWatch} from '../../../src/kube/watch-stream.ts';

const POD: ResourceType = {group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true};
const line = (type: string, name: string): string => `${JSON.stringify({type, object: {metadata: {name, resourceVersion: '1'}}})}\n`;

/** What was read, and the code of the error that ended it. */
async function read(chunks: Iterable<Uint8Array | Error>): Promise<{events: string[]; error: KubeErrorCode | undefined}> {
  const events: string[] = [];
  const body = Readable.from(
    (function* () {
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk;
        yield chunk;
      }
    })(),
  );
  try {
    for await (const {type, object} of readWatch(body, POD)) events.push(`${type} ${object.kind} ${object.metadata.name}`);
  } catch (error) {
    assert.ok(isKubeError(error), String(error));
    return {events, error: error.code};
  } finally {
    assert.ok(body.destroyed);
  }
  return {events, error: undefined};
}
const bytes = (text: string): Buffer => Buffer.from(text);

describe('a watch stream', () => {
  test('is one event per line, of the kind that was asked for', async () => {
    const text = line('ADDED', 'a') + line('MODIFIED', 'b') + '\n' + line('DELETED', 'c') + line('BOOKMARK', '');
    assert.deepEqual(await read([bytes(text)]), {
      events: ['ADDED Pod a', 'MODIFIED Pod b', 'DELETED Pod c', 'BOOKMARK Pod '],
      error: undefined,
    });
  });

  test('reads the same however its bytes are cut, and whatever characters it holds', async () => {
    const names = ['ä', '日本', 'a\u2028b\u2029c', 'x\ry', '🚀'];
    const whole = bytes(names.map((name) => line('ADDED', name)).join(''));
    const expected = names.map((name) => `ADDED Pod ${name}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({max: whole.length}), {maxLength: 30}), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end));
        assert.deepEqual(await read(chunks), {events: expected, error: undefined});
      }),
      {numRuns: 200},
    );
  });

  test('ends well with a last line that has no newline', async () => {
    assert.deepEqual(await read([bytes(line('ADDED', 'a').trimEnd())]), {events: ['ADDED Pod a'], error: undefined});
  });

  const expired = {kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version'};
  const breaks: readonly [string, readonly (Uint8Array | Error)[], KubeErrorCode][] = [
    ['a version that is too old', [bytes(`${JSON.stringify({type: 'ERROR', object: expired})}\n`)], 'Gone'],
    ['an error without a code', [bytes('{"type":"ERROR","object":{}}\n')], 'ServerError'],
    ['a line that is no JSON', [bytes('<html>\n')], 'Malformed'],
    ['an event of no known type', [bytes('{"type":"RENAMED","object":{"metadata":{}}}\n')], 'Malformed'],
    ['an object without metadata', [bytes('{"type":"ADDED","object":{}}\n')], 'Malformed'],
    ['an end in the middle of a line', [bytes(line('ADDED', 'b').slice(0, 20))], 'Malformed'],
    ['a connection that breaks', [new Error('ECONNRESET')], 'Unreachable'],
  ];
  for (const [name, chunks, code] of breaks) {
    test(`keeps what came before ${name}, which is ${code}`, async () => {
      assert.deepEqual(await read([bytes(line('ADDED', 'a')), ...chunks]), {events: ['ADDED Pod a'], error: code});
    });
  }
});
