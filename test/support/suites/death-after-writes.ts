/**
 * Death after every write of 1 → 4 → 1: the controller ends when write n is done, with or without having learned of it, and a new one goes on.
 * In the end it is as if nobody had died.
 */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import type {ApiServer} from '../api-server.ts';
import {embedController} from '../embedded-controller.ts';
import {startFaultProxy, type FaultProxy} from '../fault-proxy.ts';
import {createWorld, type World} from '../fault-world.ts';
import {scaledClock} from '../scaled-clock.ts';

const GROUPS = ['group1', 'group2', 'group3'];
const MEMBERS = [...GROUPS.map((group) => `decode-${group}`), ...GROUPS.map((group) => `prefill-${group}`)];

/** `sample` picks from the numbers of the recorded writes those to die after. */
export function deathAfterWrites(start: () => Promise<ApiServer>, sample: (n: number, of: number) => boolean): void {
  let server: ApiServer;
  let proxy: FaultProxy;
  let serial = 0;
  let deaths = 0;
  before(async () => {
    server = await start();
    proxy = await startFaultProxy(server.config);
  });
  after(async () => {
    await proxy.close();
    await server.stop();
  });

  /** Lives through 1 → 4 → 1 and answers the writes. `death` is the write to die after, and whether its answer still comes. */
  const live = async (death?: {readonly n: number; readonly answered: boolean}): Promise<readonly string[]> => {
    proxy.reset();
    serial += 1;
    const world = await createWorld(server, `life-${String(serial)}`);
    const embed = () => embedController({config: proxy.config, namespace: world.namespace, clock: scaledClock(50)});
    let controller = embed();
    let reborn: Promise<void> | undefined;
    if (death !== undefined) {
      proxy.dieAfter(death.n, death.answered, () => {
        reborn = controller.end().then(() => {
          proxy.revive();
          controller = embed();
        });
      });
    }
    try {
      await oneFourOne(world);
      if (reborn !== undefined) deaths += 1;
      return proxy.writes;
    } finally {
      await reborn;
      await controller.end();
      await world.end();
    }
  };

  describe('1 → 4 → 1', () => {
    let count = 0;
    test('without a death: the writes that are recorded', async () => {
      const writes = await live();
      count = writes.length;
      assert.ok(count >= 20, writes.join('\n'));
    });

    for (const answered of [false, true]) {
      test(`ended after any of its writes, ${answered ? 'whose answer it has got' : 'before the answer'}`, async (context) => {
        const before = deaths;
        const chosen = Array.from({length: count}, (_, at) => at + 1).filter((n) => sample(n, count));
        for (const n of chosen) await context.test(`write ${String(n)}`, () => live({n, answered}).then(() => undefined));
        // Statuses that follow each other closely are one write in one life and two in another, so the last may not be reached.
        assert.ok(deaths - before >= chosen.length * 0.7, `${String(deaths - before)} of ${String(chosen.length)} deaths happened`);
      });
    }
  });
}

async function oneFourOne(world: World): Promise<void> {
  await world.settled(1);
  await world.scale(4);
  await world.settled(4);
  assert.deepEqual(await world.clones(), MEMBERS);
  await world.scale(1);
  await world.settled(1);
  assert.deepEqual(world.everMade(), MEMBERS, 'the same groups as without a death');
  await world.assertOriginalsUntouched();
  const {history = []} = (await world.rsg()).status;
  assert.deepEqual(history.flatMap(({removed = []}) => removed).sort(), GROUPS, 'the history tells of each removal, once');
}
