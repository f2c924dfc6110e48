/** The controller through every fault while one RSG goes 1 → 4 → 1: same groups, same ratio, nothing twice, originals untouched. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import type {ApiServer} from '../api-server.ts';
import {embedController} from '../embedded-controller.ts';
import {startFaultProxy, type Fault, type FaultProxy, type Rule, type Seen} from '../fault-proxy.ts';
import {createWorld} from '../fault-world.ts';
import {scaledClock} from '../scaled-clock.ts';

const answer = (status: number, reason: string, retryAfter?: number): Fault => ({
  do: 'answer',
  status,
  reason,
  ...(retryAfter === undefined ? {} : {retryAfter}),
});
const writes = (fault: Fault, every: number, times = 12): Rule => ({
  fault,
  every,
  times,
  when: ({write}) => write,
});
const all = (fault: Fault, every: number, times = 20): Rule => ({fault, every, times, when: () => true});
const watches = (then: Extract<Fault, {do: 'stream'}>['then'], after = 1, times?: number): Rule => ({
  fault: {do: 'stream', after, then},
  when: ({watch}) => watch,
  ...(times === undefined ? {} : {times}),
});

const FAULTS: readonly [string, Rule][] = [
  ['conflicts', writes(answer(409, 'Conflict'), 2)],
  // What a create is answered when others are counted against the same quota at that moment.
  ['creates that conflict', {...writes(answer(409, 'Conflict'), 2, 6), when: ({write, method}) => write && method === 'POST'}],
  ['429 with a time to wait', writes(answer(429, 'TooManyRequests', 1), 3)],
  ['429 without one', writes(answer(429, 'TooManyRequests'), 2)],
  ['429 for everything', all(answer(429, 'TooManyRequests', 1), 3)],
  ['500', all(answer(500, 'InternalError'), 3)],
  ['503 for writes', writes(answer(503, 'ServiceUnavailable'), 2)],
  ['connections reset before the request', all({do: 'refuse'}, 4)],
  ['answers that never come: the server did it, the connection broke', writes({do: 'cut'}, 2)],
  ['answers that are garbled', writes({do: 'garble'}, 2)],
  ['writes that stall', writes({do: 'stall'}, 5, 3)],
  ['answers that come late', all({do: 'delay', ms: 100}, 3)],
  ['watches that are reset', watches('reset')],
  ['watches that end', watches('end')],
  ['watches that fall silent', watches('silence', 3, 12)],
  ['410 in watches', watches('gone')],
  ['malformed lines in watches', watches('malformed', 2)],
  ['events that come twice', watches('twice', 0)],
  ['old events that come late', watches('late', 0)],
];

/** The last PATCH of an RSG takes its finalizer off. */
const patchesOfRsgs = ({method, path}: Seen): boolean => method === 'PATCH' && path.includes('/resourcescalinggroups/');

export function controllerFaults(start: () => Promise<ApiServer>): void {
  let server: ApiServer;
  let proxy: FaultProxy;
  before(async () => {
    server = await start();
    proxy = await startFaultProxy(server.config);
  });
  after(async () => {
    await proxy.close();
    await server.stop();
  });

  describe('1 → 4 → 1 through', () => {
    for (const [at, [name, rule]] of FAULTS.entries()) {
      test(name, async () => {
        proxy.reset();
        const applied = proxy.add(rule);
        const world = await createWorld(server, `fault-${String(at)}`);
        const controller = embedController({config: proxy.config, namespace: world.namespace, clock: scaledClock(50)});
        try {
          await world.settled(1);
          await world.scale(4);
          await world.settled(4);
          await world.scale(1);
          await world.settled(1);
          const groups = ['group1', 'group2', 'group3'];
          assert.deepEqual(world.everMade(), [...groups.map((group) => `decode-${group}`), ...groups.map((group) => `prefill-${group}`)]);
          await world.assertOriginalsUntouched();
          assert.ok(applied() > 0, 'the fault happened');
        } finally {
          await controller.end();
          await world.end();
        }
      });
    }
  });

  test('an RSG is served that was made anew while the answer about the one before was on its way', async () => {
    proxy.reset();
    const world = await createWorld(server, 'made-anew');
    const controller = embedController({config: proxy.config, namespace: world.namespace, clock: scaledClock(50)});
    try {
      await world.settled(1);
      await world.scale(2);
      await world.settled(2);
      const late = proxy.add({when: patchesOfRsgs, fault: {do: 'delay', ms: 300}, every: 1});
      await world.remake();
      await world.settled(1);
      const {status} = await world.rsg();
      assert.deepEqual([status.history ?? [], status.nextGroupIndex], [[], 1], 'nothing of the one before');
      assert.ok(late() > 0, 'the answer was late');
    } finally {
      await controller.end();
      await world.end();
    }
  });
}
