/** Plans and what comes of them, on demand: node test/soak/plans.ts [CASES] [SEED]. KUBEBUILDER_ASSETS names the control plane's programs. */
import {startController} from '../support/controller.ts';
import {soakCommand} from '../support/soak/command.ts';
import {runPlans} from '../support/soak/plans.ts';

await soakCommand({
  count: 100,
  run: async (cluster, {count, seed, told}) => {
    const controller = await startController(cluster);
    const {wrong, ...report} = await runPlans(cluster, {cases: count, seed, told});
    await controller.stop();
    told(JSON.stringify(report));
    return wrong;
  },
});
