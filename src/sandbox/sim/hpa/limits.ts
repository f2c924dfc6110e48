/**
 * From what the metrics ask for to what is set (horizontal.go): stabilisation windows, then the rates of `behavior`, then minReplicas and
 * maxReplicas. Pure.
 */
import type {Hpa, Policy} from './schema.ts';

/** Times in milliseconds since the epoch. */
export interface Recommendation {
  readonly at: number;
  readonly replicas: number;
}

export interface ScaleEvent {
  readonly at: number;
  readonly change: number;
}

/** What is remembered of one HPA between its evaluations. */
export interface Memory {
  readonly recommendations: readonly Recommendation[];
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

export interface Told {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface Limited {
  readonly replicas: number;
  readonly ableToScale: Told;
  readonly scalingLimited: Told;
  readonly recommendations: readonly Recommendation[];
}

interface Rules {
  readonly windowMs: number;
  readonly select: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly Policy[];
}

const DEFAULT_UP: readonly Policy[] = [
  {type: 'Pods', value: 4, periodSeconds: 15},
  {type: 'Percent', value: 100, periodSeconds: 15},
];
const DEFAULT_DOWN: readonly Policy[] = [{type: 'Percent', value: 100, periodSeconds: 15}];
const KEPT_MS = 3_600_000;
const READY: Told = {status: 'True', reason: 'ReadyForNewScale', message: 'recommended size matches current size'};

export interface LimitInput {
  readonly hpa: Hpa;
  readonly memory: Memory;
  readonly current: number;
  readonly desired: number;
  readonly now: number;
  /** Where the HPA does not give one; 5 minutes in a real cluster. */
  readonly downscaleStabilizationMs: number;
}

export function limit(input: LimitInput): Limited {
  const {hpa, desired, now, memory} = input;
  const {behavior} = hpa.spec;
  const up = rulesOf(behavior?.scaleUp, {windowMs: 0, policies: DEFAULT_UP});
  const down = rulesOf(behavior?.scaleDown, {windowMs: input.downscaleStabilizationMs, policies: DEFAULT_DOWN});
  const kept = memory.recommendations.filter(({at}) => at > now - KEPT_MS);
  const recommendations = [...kept, {at: now, replicas: desired}];
  const [stable, ableToScale] = behavior === undefined ? stabilisedDown(input, down) : stabilised(input, up, down);
  const [replicas, why] = behavior === undefined ? withinDefaults(input, stable) : withinRates({...input, desired: stable}, up, down);
  return {
    replicas,
    ableToScale,
    scalingLimited: {status: replicas === stable ? 'False' : 'True', ...why},
    recommendations,
  };
}

type GivenRules = NonNullable<Hpa['spec']['behavior']>['scaleUp'];

function rulesOf(given: GivenRules | undefined, otherwise: Pick<Rules, 'windowMs' | 'policies'>): Rules {
  const seconds = given?.stabilizationWindowSeconds ?? undefined;
  return {
    windowMs: seconds === undefined ? otherwise.windowMs : seconds * 1000,
    select: given?.selectPolicy ?? 'Max',
    policies: given?.policies ?? otherwise.policies,
  };
}

type Stable = readonly [number, Told];

/** Without `behavior` only scaling down waits. */
function stabilisedDown({memory, desired, now}: LimitInput, {windowMs}: Rules): Stable {
  const recent = memory.recommendations.filter(({at}) => at > now - windowMs).map((one) => one.replicas);
  const highest = Math.max(desired, ...recent);
  return [highest, highest === desired ? READY : SCALE_DOWN_STABILIZED];
}

const SCALE_DOWN_STABILIZED: Told = {
  status: 'True',
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const SCALE_UP_STABILIZED: Told = {
  status: 'True',
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};

function stabilised({memory, current, desired, now}: LimitInput, up: Rules, down: Rules): Stable {
  const since = (windowMs: number): number[] => memory.recommendations.filter(({at}) => at > now - windowMs).map((one) => one.replicas);
  const lowest = Math.min(desired, ...since(up.windowMs));
  const highest = Math.max(desired, ...since(down.windowMs));
  const stable = Math.min(Math.max(current, lowest), highest);
  if (stable === desired) return [stable, READY];
  return [stable, desired >= current ? SCALE_UP_STABILIZED : SCALE_DOWN_STABILIZED];
}

type Why = Pick<Told, 'reason' | 'message'>;
const IN_RANGE: Why = {reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range'};
const TOO_FEW: Why = {reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count'};
const TOO_MANY: Why = {reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count'};
const TOO_FAST_UP: Why = {reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate'};
const TOO_FAST_DOWN: Why = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/** Without `behavior`: at most twice as many, or 4. */
function withinDefaults({hpa, current}: LimitInput, desired: number): [number, Why] {
  const {minReplicas, maxReplicas} = hpa.spec;
  const fastest = Math.max(2 * current, 4);
  if (desired < minReplicas) return [minReplicas, TOO_FEW];
  if (desired > Math.min(maxReplicas, fastest)) {
    return maxReplicas > fastest ? [fastest, TOO_FAST_UP] : [maxReplicas, TOO_MANY];
  }
  return [desired, IN_RANGE];
}

function withinRates(input: LimitInput, up: Rules, down: Rules): [number, Why] {
  const {hpa, current, desired} = input;
  const {minReplicas, maxReplicas} = hpa.spec;
  if (desired > current) {
    const rate = Math.max(current, rateLimit(input, up, 'up'));
    const most = Math.min(maxReplicas, rate);
    if (desired > most) return [most, maxReplicas > rate ? TOO_FAST_UP : TOO_MANY];
  }
  if (desired < current) {
    const rate = Math.min(current, rateLimit(input, down, 'down'));
    const least = Math.max(minReplicas, rate);
    if (desired < least) return [least, minReplicas < rate ? TOO_FAST_DOWN : TOO_FEW];
  }
  return [desired, IN_RANGE];
}

/** The number that the policies allow now, counted from what there was at the start of each one's period. */
function rateLimit({memory, current, now}: LimitInput, {select, policies}: Rules, way: 'up' | 'down'): number {
  if (select === 'Disabled') return current;
  const changed = (events: readonly ScaleEvent[], seconds: number): number =>
    events.filter(({at}) => at > now - seconds * 1000).reduce((sum, {change}) => sum + change, 0);
  const limits = policies.map(({type, value, periodSeconds}) => {
    const atStart = current - changed(memory.ups, periodSeconds) + changed(memory.downs, periodSeconds);
    if (way === 'up') return type === 'Pods' ? atStart + value : Math.ceil(atStart * (1 + value / 100));
    return type === 'Pods' ? atStart - value : Math.trunc(atStart * (1 - value / 100));
  });
  // Max is the greatest change, which downwards is the smallest number.
  return (select === 'Max') === (way === 'up') ? Math.max(...limits) : Math.min(...limits);
}
