/** The simulated engines of all pods and the traffic on them, in a time of their own that passes `speed` times as fast as real time. */
import type {KubeObject} from '../api/objects.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Log} from '../runtime/log.ts';
import {createFleet, type FleetOptions, type Member} from '../sandbox/sim/engine/fleet.ts';
import {createTraffic, type Account} from '../sandbox/sim/traffic/play.ts';
import type {RoleSelectors} from '../sandbox/sim/traffic/router.ts';
import type {LongRequests, Trace} from '../sandbox/sim/traffic/trace.ts';

export {ENGINE_ANNOTATION} from '../sandbox/sim/engine/pod-engine.ts';
export {parseTrace} from '../sandbox/sim/traffic/trace.ts';
export type {Trace} from '../sandbox/sim/traffic/trace.ts';

export interface EnginesOptions extends FleetOptions {
  readonly trace: Trace;
  /** Seconds of the trace in a second. */
  readonly speed: number;
  readonly selectors: RoleSelectors;
  readonly long?: LongRequests;
}

export interface EnginesDeps {
  readonly clock: Clock;
  readonly log: Log;
}

export interface Engines {
  /** The pods there are now, as the API server has told. */
  follow(pods: readonly KubeObject[]): void;
  /** Traffic begins. */
  begin(): void;
  /** Seconds of the trace that have been played. */
  second(): number;
  account(): Account;
  /** Ids of the requests that were cut. */
  cutRequests(): readonly number[];
  members(): readonly Member[];
  /** Resolves when the signal has aborted and all servers are closed. */
  readonly done: Promise<void>;
}

const TICK_MS = 50;

export function startEngines(options: EnginesOptions, {clock, log}: EnginesDeps, signal: AbortSignal): Engines {
  let played = 0;
  let begun = false;
  const second = (): number => played;
  const fleet = createFleet(options, {now: second, log});
  const traffic = createTraffic({...options, from: 0}, {fleet});
  const run = async (): Promise<void> => {
    let before = clock.now();
    while (!signal.aborted) {
      const now = clock.now();
      // On a busy machine the trace passes more slowly: catching up would be a burst of traffic that was never recorded.
      if (begun) played += (Math.min(now - before, 2 * TICK_MS) / 1000) * options.speed;
      before = now;
      traffic.advance(played);
      await clock.sleep(TICK_MS, signal);
    }
    await fleet.close();
  };
  return {
    follow: (pods) => {
      fleet.follow(pods);
    },
    begin: () => {
      begun = true;
    },
    second,
    account: () => traffic.account(),
    cutRequests: () => traffic.cutRequests(),
    members: () => fleet.members(),
    done: run(),
  };
}
