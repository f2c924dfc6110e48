/** RSGs that nobody would write, on demand: node test/soak/hostile.ts [RSGS] [SEED]. KUBEBUILDER_ASSETS names the control plane's programs. */
import {startControlPlane} from '../support/control-plane.ts';
import {installCrd, startController} from '../support/controller.ts';
import {runHostile} from '../support/soak/hostile.ts';
import {keepLogs} from '../support/soak/keep-logs.ts';

const rsgs = Number(process.argv[2] ?? 1000);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
const told = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

told(`seed ${String(seed)}`);
const cluster = await startControlPlane({audit: true, kwok: false});
try {
  await installCrd(cluster);
  const controller = await startController(cluster);
  const wrong = await runHostile(cluster, {rsgs, seed, told});
  const metrics = await (await fetch(`http://${controller.httpAddress}/metrics`)).text();
  told(
    metrics
      .split('\n')
      .filter((line) => /^(process_resident|nodejs_heap_size_used|rsg_workqueue_depth)/u.test(line))
      .join('\n'),
  );
  await controller.stop();
  told(wrong.length === 0 ? 'nothing wrong' : `WRONG:\n${wrong.join('\n')}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
  if (wrong.length > 0) told(`logs and objects: ${await keepLogs(cluster)}`);
} finally {
  await cluster.stop();
}
