/** Flags of the demo. Pure. */
import {parseArgs} from 'node:util';
import type {DemoOptions} from './demo.ts';

export const DEMO_HELP = `Usage: npm run demo -- [--keep] [--kubeconfig FILE]

  --keep              stay up after the summary, to look around with kubectl
  --kubeconfig FILE   use this cluster instead of the sandbox (namespace rsg-demo, removed at the end)
`;

/** Answers what is wrong instead of throwing. */
export function readDemoOptions(args: readonly string[]): DemoOptions | {readonly mistake: string} {
  try {
    const {values} = parseArgs({args: [...args], options: {keep: {type: 'boolean'}, kubeconfig: {type: 'string'}}});
    return {keep: values.keep === true, kubeconfig: values.kubeconfig};
  } catch (error) {
    return {mistake: error instanceof Error ? error.message : String(error)};
  }
}
