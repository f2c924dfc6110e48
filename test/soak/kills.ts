/** Kills without end, on demand: node test/soak/kills.ts [KILLS] [SEED]. KUBEBUILDER_ASSETS names the programs of the control plane. */
import {startControlPlane} from '../support/control-plane.ts';
import {installCrd, startController} from '../support/controller.ts';
import {keepLogs} from '../support/soak/keep-logs.ts';
import {soakReportText} from '../support/soak/report.ts';
import {runSoak} from '../support/soak/soak.ts';

const kills = Number(process.argv[2] ?? 100);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
const told = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

told(`seed ${String(seed)}`);
const cluster = await startControlPlane({audit: true});
try {
  await installCrd(cluster);
  const controller = await startController(cluster);
  const report = await runSoak({cluster, controller}, {kills, seed, killsPerBout: 10, told});
  await controller.stop();
  told(soakReportText(report));
  process.exitCode = report.wrong.length === 0 ? 0 : 1;
  if (report.wrong.length > 0) told(`logs and objects: ${await keepLogs(cluster)}`);
} finally {
  await cluster.stop();
}
