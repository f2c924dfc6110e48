/** Leaders that die or stand still, on demand: node test/soak/leaders.ts [ROUNDS] [SEED]. KUBEBUILDER_ASSETS names the control plane's programs. */
import {startControlPlane} from '../support/control-plane.ts';
import {installCrd} from '../support/controller.ts';
import {runLeaders} from '../support/soak/leaders.ts';

const rounds = Number(process.argv[2] ?? 20);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
const told = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

told(`seed ${String(seed)}`);
const cluster = await startControlPlane({audit: true});
try {
  await installCrd(cluster);
  const {wrong, ...report} = await runLeaders(cluster, {rounds, seed, told});
  told(JSON.stringify(report));
  told(wrong.length === 0 ? 'nothing wrong' : `WRONG:\n${wrong.join('\n')}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await cluster.stop();
}
