/** Kills without end, on demand: node test/soak/kills.ts [KILLS] [SEED]. KUBEBUILDER_ASSETS names the programs of the control plane. */
import {startController} from '../support/controller.ts';
import {soakCommand} from '../support/soak/command.ts';
import {soakReportText} from '../support/soak/report.ts';
import {runSoak} from '../support/soak/soak.ts';

await soakCommand({
  count: 100,
  run: async (cluster, {count, seed, told}) => {
    const controller = await startController(cluster);
    const report = await runSoak({cluster, controller}, {kills: count, seed, killsPerBout: 10, told});
    await controller.stop();
    told(soakReportText(report));
    return report.wrong;
  },
});
