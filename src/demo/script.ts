/** Where the demo cannot play the engines there is no load to follow: the RSG is scaled as a person would with `kubectl scale`. */
import {RSG_TYPE} from '../api/labels.ts';
import {EXISTING, type Observation} from './observation.ts';
import {RSG_NAME} from './settings.ts';
import type {InstallDeps} from './install.ts';

/** Groups wanted, one after the other: up, down by two clones and the originals, and up again. */
const STEPS = [3, 5, 2, 3];
/** For who watches. */
const PAUSE_MS = 2000;

/** Each step waits until it is done. `until` looks at the demo meanwhile. */
export async function playScript(
  {namespace, until}: {readonly namespace: string; readonly until: (holds: (now: Observation) => boolean, what: string) => Promise<void>},
  {client, clock, signal}: InstallDeps,
): Promise<void> {
  for (const replicas of STEPS) {
    if (signal.aborted) return;
    await client.patch({type: RSG_TYPE, namespace, name: RSG_NAME}, {spec: {replicas}}, {subresource: 'scale', signal});
    await until((now) => isSettled(now, replicas), `${String(replicas)} groups are available and nothing else is left`);
    const end = clock.now() + PAUSE_MS;
    await until(() => clock.now() >= end, 'the pause is over');
  }
}

function isSettled({wanted, available, groups}: Observation, replicas: number): boolean {
  const moving = groups.filter(({phase}) => !EXISTING.has(phase) && phase !== 'Parked');
  return wanted === replicas && available === replicas && moving.length === 0;
}
