/**
 * A thousand RSGs of two Deployments and three groups each on a real API server, with the built program: cold start, memory, requests,
 * and how long a change takes while the others are quiet. References by a plain client in the same run. About four minutes.
 *
 *     npm run build && KUBEBUILDER_ASSETS=… node test/bench/scale.ts [RSGS] [NAMESPACES]
 */
import type {ControllerProcess} from '../support/controller.ts';
import {countersOf, idle, memoryOf, startBuilt} from './built-controller.ts';
import {inMs, inSeconds, median, percentile, say, timed} from './figures.ts';
import {startRig} from './rig.ts';
import {cloneOf, createFleet, inSync, scaleTo} from './rsg-fleet.ts';

const [count = 1000, namespaces = 1] = process.argv.slice(2).map(Number);
const GROUPS = 3;
const LISTS = [
  '/apis/resourcescalinggroup.com/v1/resourcescalinggroups',
  '/apis/apps/v1/deployments',
  '/apis/apps/v1/controllerrevisions',
  '/apis/apps/v1/replicasets',
  '/api/v1/pods',
];

const {cluster, plain, observer, stop} = await startRig();

async function spent(controller: ControllerProcess, work: () => Promise<unknown>): Promise<string> {
  const before = await countersOf(controller);
  await work();
  const after = await countersOf(controller);
  const reconciles = after.reconciles - before.reconciles;
  const requests = after.requests - before.requests;
  const cpu = after.cpuSeconds - before.cpuSeconds;
  return `${String(reconciles)} reconciles, ${String(requests)} requests (${String(after.writes - before.writes)} writes), ${cpu.toFixed(1)} s of CPU`;
}

try {
  say(`${String(count)} RSGs of two Deployments in ${String(namespaces)} namespace(s), ${String(GROUPS)} groups each`);
  let members = await createFleet(cluster, {count, namespaces, replicas: GROUPS});
  const creating = performance.now();
  let controller = await startBuilt(cluster);
  const made = (await observer.until('all made', members, inSync(GROUPS))) - creating;
  say(`made:           ${String((GROUPS - 1) * 2 * count)} clones in ${inSeconds(made)}`);
  await idle(controller, count);
  say(
    `                ${await spent(controller, () => Promise.resolve())}; since its start ${JSON.stringify(await countersOf(controller))}`,
  );
  await controller.stop();

  const listing = await timed(() => Promise.all(LISTS.map((path) => plain.count(path))));
  const starting = performance.now();
  controller = await startBuilt(cluster);
  const cold = (await idle(controller, count)) - starting;
  const start = await countersOf(controller);
  const memory = await memoryOf(controller);
  say(
    `cold start:     ${inSeconds(cold)} to in sync, ${(cold / listing).toFixed(1)} times a plain client's list (${inSeconds(listing)}); ${String(start.reconciles)} reconciles, ${String(start.requests)} requests, ${String(start.writes)} writes`,
  );
  say(
    `memory:         ${memory.now.toFixed(0)} MiB resident, ${memory.highest.toFixed(0)} MiB at most, heap ${start.heapMiB.toFixed(0)} MiB`,
  );

  const reactions: number[] = [];
  const [one = {namespace: '', name: ''}] = members;
  const quiet = await spent(controller, async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const clones = observer.next(cloneOf(one), 2);
      const from = performance.now();
      await scaleTo(plain, one, GROUPS + 1);
      reactions.push(((await clones)[0] ?? Number.NaN) - from);
      await observer.until('one more', [one], inSync(GROUPS + 1));
      await scaleTo(plain, one, GROUPS);
      await observer.until('one less', [one], inSync(GROUPS));
    }
  });
  say(
    `one of them:    /scale to the first clone median ${inMs(median(reactions))}, longest ${inMs(percentile(reactions, 1))}; ten times out and in: ${quiet}`,
  );

  members = members.slice(0, 100);
  let took = 0;
  const hundred = await spent(controller, async () => {
    took = await timed(async () => {
      await Promise.all(members.map((member) => scaleTo(plain, member, GROUPS + 2)));
      await observer.until('a hundred scaled', members, inSync(GROUPS + 2));
    });
  });
  say(`100 of them:    two groups more each (400 clones) in ${inSeconds(took)}; ${hundred}`);

  const two = members.at(-1) ?? one;
  let bigClones: readonly number[] = [];
  const big = await spent(controller, async () => {
    const clones = observer.next(cloneOf(two), 390);
    const from = performance.now();
    await scaleTo(plain, two, 200);
    bigClones = (await clones).map((at) => at - from);
    took = (await observer.until('200 groups', [two], inSync(200))) - from;
  });
  say(`one to 200:     390 clones created in ${inSeconds(bigClones.at(-1) ?? Number.NaN)}, in sync in ${inSeconds(took)}; ${big}`);
  const rest = await spent(controller, () => new Promise((resolve) => setTimeout(resolve, 10_000)));
  say(`ten quiet seconds: ${rest}`);
  say(`at the end:     ${(await memoryOf(controller)).now.toFixed(0)} MiB resident`);
  await controller.stop();
} finally {
  await stop();
}
