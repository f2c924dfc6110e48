/** RSGs that nobody would write, on demand: node test/soak/hostile.ts [RSGS] [SEED]. KUBEBUILDER_ASSETS names the control plane's programs. */
import {startController} from '../support/controller.ts';
import {soakCommand} from '../support/soak/command.ts';
import {runHostile} from '../support/soak/hostile.ts';

const SHOWN = /^(process_resident|nodejs_heap_size_used|rsg_workqueue_depth)/u;

await soakCommand({
  count: 1000,
  // Pods are not what is tested, and would be too many.
  kwok: false,
  run: async (cluster, {count, seed, told}) => {
    const controller = await startController(cluster);
    const wrong = await runHostile(cluster, {rsgs: count, seed, told});
    const metrics = await (await fetch(`http://${controller.httpAddress}/metrics`)).text();
    for (const line of metrics.split('\n')) if (SHOWN.test(line)) told(line);
    await controller.stop();
    return wrong;
  },
});
