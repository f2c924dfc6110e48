/** Looks at the demo again and again: keeps what it saw for the claims, and shows it. */
import type {Engines, Trace} from '../compose/engines.ts';
import type {Clock} from '../runtime/clock.ts';
import {claims, type Claim} from './claims.ts';
import {createDrains} from './drains.ts';
import {observe, type Observation} from './observation.ts';
import type {Screen} from './screen.ts';
import {DECODE_TARGET, PREFILL_TARGET, QUIET_END, RATIO} from './settings.ts';
import {arriving} from './traffic.ts';
import {changes, picture} from './view.ts';
import type {Watching} from './watch.ts';

export interface RecorderDeps {
  readonly watching: Watching;
  readonly screen: Screen;
  readonly clock: Clock;
  /** Undefined where the demo plays no engines. */
  readonly engines: Engines | undefined;
  readonly trace: Trace;
}

export interface Recorder {
  look(): Observation | undefined;
  claims(): Claim[];
}

export function createRecorder({watching, screen, clock, engines, trace}: RecorderDeps): Recorder {
  const observations: Observation[] = [];
  const steadyLoad: {at: number; load: number}[] = [];
  const news: string[] = [];
  const drains = createDrains();
  return {
    look: () => {
      const now = observe(watching.seen(), clock.now());
      if (now === undefined) return undefined;
      const held = heldByGroup(engines, now);
      drains.look({at: now.at, groups: now.groups, held});
      const told = changes(observations.at(-1), now);
      observations.push(now);
      news.push(...told);
      screen.news(told);
      const second = engines?.second();
      const load = engines === undefined ? 0 : loadOf(engines);
      const steady = second !== undefined && second > QUIET_END;
      if (steady) steadyLoad.push({at: now.at, load});
      const promptTokensPerSecond = second === undefined ? 0 : arriving(trace, second);
      screen.draw(picture({observation: now, second, steady, load, held, promptTokensPerSecond, news}));
      return now;
    },
    claims: () => {
      const played = engines === undefined ? undefined : {...engines.account(), drains: drains.seen(new Set(engines.cutRequests()))};
      return claims({observations, requests: played, steadyLoad});
    },
  };
}

/** In groups: of each role what its engines hold against what saturates one group's, the larger of the two. */
function loadOf(engines: Engines): number {
  const running = (role: 'prefill' | 'decode'): number =>
    engines
      .members()
      .filter(({pod}) => pod.role === role)
      .reduce((sum, {engine}) => sum + engine.counters().running, 0);
  return Math.max(running('prefill') / (RATIO.prefill * PREFILL_TARGET), running('decode') / (RATIO.decode * DECODE_TARGET));
}

/** Ids of the requests that each group's engines hold. */
function heldByGroup(engines: Engines | undefined, {groups}: Observation): ReadonlyMap<string, readonly number[]> {
  const origin = groups.find((group) => group.origin)?.id ?? '';
  const result = new Map<string, number[]>();
  for (const {pod, engine} of engines?.members() ?? []) {
    const id = pod.group === 'originals' ? origin : pod.group;
    result.set(id, [...(result.get(id) ?? []), ...engine.held()]);
  }
  return result;
}
