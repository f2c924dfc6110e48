/** Leaders that die or stand still, on demand: node test/soak/leaders.ts [ROUNDS] [SEED]. KUBEBUILDER_ASSETS names the control plane's programs. */
import {soakCommand} from '../support/soak/command.ts';
import {runLeaders} from '../support/soak/leaders.ts';

await soakCommand({
  count: 20,
  run: async (cluster, {count, seed, told}) => {
    const {wrong, ...report} = await runLeaders(cluster, {rounds: count, seed, told});
    told(JSON.stringify(report));
    return wrong;
  },
});
