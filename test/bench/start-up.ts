/**
 * Start-up of the built program: from starting the process to /readyz, with one RSG to look after, against a Node process that does
 * nothing. Ten alternating rounds.
 *
 *     npm run build && KUBEBUILDER_ASSETS=… node test/bench/start-up.ts
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {startControlPlane} from '../support/control-plane.ts';
import {installCrd} from '../support/controller.ts';
import {freePorts} from '../support/processes.ts';
import {BUNDLE} from './built-controller.ts';
import {row, timed} from './figures.ts';
import {createFleet} from './rsg-fleet.ts';

const ROUNDS = 10;
const GIVE_UP_MS = 10_000;

const cluster = await startControlPlane({kwok: false, audit: false});

async function untilReady(url: string): Promise<void> {
  const from = performance.now();
  while (performance.now() - from < GIVE_UP_MS) {
    const ready = await fetch(url).then(
      ({ok}) => ok,
      () => false,
    );
    if (ready) return;
    await sleep(2);
  }
  throw new Error('it does not become ready');
}

async function controllerReady(): Promise<number> {
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${String(port)}`;
  const flags = ['--kubeconfig', cluster.kubeconfig, '--leader-elect=false', '--http-address', address];
  let end = (): void => undefined;
  const took = await timed(async () => {
    const child = spawn(process.execPath, [BUNDLE, 'controller', ...flags], {stdio: 'ignore'});
    end = () => {
      child.kill();
    };
    await untilReady(`http://${address}/readyz`);
  });
  end();
  return took;
}

const nothing = (): Promise<number> => timed(() => once(spawn(process.execPath, ['-e', '0'], {stdio: 'ignore'}), 'exit'));

try {
  await installCrd(cluster);
  await createFleet(cluster, {count: 1, namespaces: 1, replicas: 1});
  const times = {ours: [] as number[], reference: [] as number[]};
  for (let round = -1; round < ROUNDS; round += 1) {
    const [ours, reference] = [await controllerReady(), await nothing()];
    if (round < 0) continue;
    times.ours.push(ours);
    times.reference.push(reference);
  }
  row({what: 'start of the controller to /readyz', ...times, against: 'a Node process that does nothing'});
} finally {
  await cluster.stop();
}
