/**
 * Memory over churn: one RSG scaled 1 to 5 groups and back without end, its list changed each time, while others come and go under names
 * that were never used before; the heap after a forced collection, once a minute. The built program. It uses little of a machine.
 *
 *     npm run build && KUBEBUILDER_ASSETS=… node test/bench/churn.ts [MINUTES, default 30]
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {freePorts} from '../support/processes.ts';
import {countersOf, startBuilt} from './built-controller.ts';
import {median, say} from './figures.ts';
import {heapOf, type Heap} from './heap.ts';
import type {Named} from './observer.ts';
import {startRig} from './rig.ts';
import {createFleet, createPair, inSync, pathOf} from './rsg-fleet.ts';

const minutes = Number(process.argv[2] ?? '30');
const STAYS: Named = {namespace: 'bench-0', name: 'rsg0'};
/** Between turns, so that it stays a light load. */
const PAUSE_MS = 2_000;

const {cluster, plain, observer, stop} = await startRig();
const [inspector = 0] = await freePorts(1);

try {
  const controller = await startBuilt(cluster, [`--inspect=127.0.0.1:${String(inspector)}`]);
  await createFleet(cluster, {count: 10, namespaces: 1, replicas: 2});
  const patch = (spec: object): Promise<string> => plain.send('PATCH', pathOf(STAYS), {spec});
  let last = 0;

  /** Out with a list, in by the list, and an RSG of its own namesake that lives for one turn. */
  const turn = async (number: number): Promise<void> => {
    const passing = {namespace: STAYS.namespace, name: `passing${String(number)}`};
    await createPair(plain, passing, {replicas: 2});
    await patch({replicas: 5});
    await observer.until('five groups', [STAYS], inSync(5));
    const named = [`group${String(last + 2)}`, `group${String(last + 4)}`, `unknown${String(number)}`];
    await patch({replicas: 1, scalingGroupTask: {sortedGroupList: named}});
    await observer.until('one group', [STAYS], (rsg) => {
      last = Math.max(last, (rsg.status.nextGroupIndex ?? 1) - 1);
      return inSync(1)(rsg);
    });
    await observer.until('the one that passes', [passing], inSync(2));
    await plain.send('DELETE', pathOf(passing));
    await observer.all(
      ({metadata}) => metadata.name.includes(`-${passing.name}-`),
      () => false,
    );
    const path = (role: string): string => `/apis/apps/v1/namespaces/${passing.namespace}/deployments/${role}-${passing.name}`;
    await Promise.all(['prefill', 'decode'].map((role) => plain.send('DELETE', path(role))));
  };

  const heaps: Heap[] = [];
  const from = performance.now();
  const elapsed = (): number => (performance.now() - from) / 60_000;
  let turns = 0;
  while (elapsed() < minutes) {
    for (const until = Math.floor(elapsed()) + 1; elapsed() < until;) {
      await turn(turns);
      turns += 1;
      await sleep(PAUSE_MS);
    }
    const heap = await heapOf(inspector);
    heaps.push(heap);
    const {reconciles, requests} = await countersOf(controller);
    say(
      `${elapsed().toFixed(0)} min: ${String(turns)} turns, ${String(reconciles)} reconciles, ${String(requests)} requests; heap ` +
        `${heap.usedMiB.toFixed(2)} MiB, resident ${heap.residentMiB.toFixed(0)} MiB, ${String(heap.resources)} resources`,
    );
  }
  const third = Math.ceil(heaps.length / 3);
  const middle = (some: readonly Heap[]): string => median(some.map(({usedMiB}) => usedMiB)).toFixed(2);
  say(
    `heap, medians of the first, second and last third: ${middle(heaps.slice(0, third))}, ${middle(heaps.slice(third, 2 * third))}, ${middle(heaps.slice(-third))} MiB`,
  );
  await controller.stop();
} finally {
  await stop();
}
