/** Where the demo cannot play the engines there is no load to follow: the RSG is scaled as a person would with `kubectl scale`. */
import {RSG_TYPE} from '../api/labels.ts';
import {RSG_NAME} from './settings.ts';
import type {InstallDeps} from './install.ts';

/** Groups wanted, and for how many seconds. */
const STEPS = [
  [3, 20],
  [5, 20],
  [2, 20],
  [3, 20],
] as const;

export async function playScript(namespace: string, {client, clock, signal}: InstallDeps): Promise<void> {
  for (const [replicas, seconds] of STEPS) {
    await client.patch({type: RSG_TYPE, namespace, name: RSG_NAME}, {spec: {replicas}}, {subresource: 'scale', signal});
    await clock.sleep(seconds * 1000, signal);
    if (signal.aborted) return;
  }
}
