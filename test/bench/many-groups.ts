/**
 * One RSG of very many groups of two Deployments on a real API server: out and back, the size of what is stored, and kubectl at it.
 * Deployments are played by the bench. The built program.
 *
 *     npm run build && KUBEBUILDER_ASSETS=… node test/bench/many-groups.ts [GROUPS, default 2000]
 */
import {countersOf, memoryOf, startBuilt} from './built-controller.ts';
import {inSeconds, say, timed} from './figures.ts';
import type {Named} from './observer.ts';
import {startRig} from './rig.ts';
import {cloneOf, createFleet, inSync, pathOf, scaleTo} from './rsg-fleet.ts';

const groups = Number(process.argv[2] ?? '2000');
const ONE: Named = {namespace: 'bench-0', name: 'rsg0'};

const {cluster, plain, observer, stop} = await startRig();

try {
  const controller = await startBuilt(cluster);
  await createFleet(cluster, {count: 1, namespaces: 1, replicas: 1});
  await observer.until('bound', [ONE], inSync(1));
  const out = await timed(async () => {
    await scaleTo(plain, ONE, groups);
    await observer.until('all groups', [ONE], inSync(groups));
  });
  const size = (await plain.send('GET', pathOf(ONE))).length;
  const {reconciles, writes, cpuSeconds} = await countersOf(controller);
  say(
    `1 to ${String(groups)} groups: in sync after ${inSeconds(out)}, ${String(reconciles)} reconciles, ${String(writes)} writes, ${cpuSeconds.toFixed(1)} s of CPU`,
  );
  say(
    `the object has ${String(Math.round(size / 1024))} KiB; the controller ${(await memoryOf(controller)).highest.toFixed(0)} MiB at most`,
  );
  for (const args of [
    ['get', 'rsg', ONE.name],
    ['describe', 'rsg', ONE.name],
    ['scale', 'rsg', ONE.name, '--replicas=1'],
  ]) {
    const took = await timed(() => cluster.kubectlOk(...args, '-n', ONE.namespace));
    say(`kubectl ${args[0] ?? ''}: ${inSeconds(took)}`);
  }
  const back = await timed(async () => {
    await observer.all(cloneOf(ONE), () => false);
    await observer.until('one group', [ONE], inSync(1));
  });
  say(`${String(groups)} groups to 1: the last clone gone after ${inSeconds(back)}`);
  await controller.stop();
} finally {
  await stop();
}
