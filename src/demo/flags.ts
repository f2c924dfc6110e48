/** Flags of the demo. Pure. */
import {parseArgs} from 'node:util';
import type {DemoOptions} from './demo.ts';

const NAMESPACE = 'rsg-demo';
const IMAGE = 'busybox:stable';
const OPTIONS = {
  keep: {type: 'boolean'},
  kubeconfig: {type: 'string'},
  namespace: {type: 'string'},
  image: {type: 'string'},
} as const;

export const DEMO_HELP = `Usage: npm run demo -- [--keep] [--kubeconfig FILE [--namespace NAME] [--image IMAGE]]

  --keep              stay up after the summary, to look around with kubectl
  --kubeconfig FILE   use this cluster instead of the sandbox. All that the demo makes there is removed at the end, also after Ctrl-C: its
                      namespace, the kind ResourceScalingGroup, and where the API server runs on this machine the APIService of External
                      metrics. It refuses a cluster where its namespace or the
                      kind is there already; where others serve External metrics it goes without.
  --namespace NAME    the namespace that it makes there; default ${NAMESPACE}
  --image IMAGE       what its pods run there, with the command sleep; default ${IMAGE}
`;

/** Answers what is wrong instead of throwing. */
export function readDemoOptions(args: readonly string[]): DemoOptions | {readonly mistake: string} {
  try {
    const {values} = parseArgs({args: [...args], options: OPTIONS});
    const {keep = false, kubeconfig, namespace = NAMESPACE, image = IMAGE} = values;
    if (kubeconfig === undefined && (values.namespace !== undefined || values.image !== undefined)) {
      return {mistake: '--namespace and --image need --kubeconfig: the sandbox is a cluster of its own'};
    }
    return {keep, kubeconfig, namespace, image};
  } catch (error) {
    return {mistake: error instanceof Error ? error.message : String(error)};
  }
}
