/**
 * One evaluation of an HPA (horizontal.go, reconcileAutoscaler): from its target's scale and its metrics to the replicas to set, its
 * conditions and the events. What is fetched comes over `ProposalDeps`; nothing is written here.
 */
import {limit, type LimitInput, type Memory} from './limits.ts';
import {
  failurePrefix,
  failureReason,
  propose,
  type Proposed,
  type ProposalDeps,
  type ProposalOptions,
  type ScaleTarget,
} from './proposals.ts';
import type {Hpa} from './schema.ts';

export interface ConditionChange {
  readonly type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface Evaluation {
  /** Undefined when nothing could be computed: the count stays as it is, and so does `desiredReplicas` in the status. */
  readonly desired: number | undefined;
  readonly why: string;
  readonly conditions: readonly ConditionChange[];
  readonly currentMetrics: readonly object[];
  readonly warnings: readonly {readonly reason: string; readonly message: string}[];
  readonly recommendations: Memory['recommendations'];
}

export interface EvaluationInput {
  readonly hpa: Hpa;
  readonly target: ScaleTarget;
  readonly memory: Memory;
  readonly now: number;
  readonly options: ProposalOptions & Pick<LimitInput, 'downscaleStabilizationMs'>;
  /** Names of the namespace's HPAs whose targets select one of the pods, this one included. */
  readonly claimants: readonly string[];
}

const ACTIVE = 'ScalingActive';
/** A metric that failed keeps its place among the current ones. */
const NO_METRIC = {type: ''};

export async function evaluate(input: EvaluationInput, deps: ProposalDeps): Promise<Evaluation> {
  const {hpa, target, memory} = input;
  const {minReplicas, maxReplicas} = hpa.spec;
  const current = target.specReplicas;
  const able = condition('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
  const base = {conditions: [able], currentMetrics: [], warnings: [], recommendations: memory.recommendations};
  if (current === 0 && !comesBackFromZero(hpa)) {
    const disabled = condition(ACTIVE, 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
    return {...base, desired: 0, why: '', conditions: [able, disabled]};
  }
  if (current > maxReplicas) return {...base, desired: maxReplicas, why: 'Current number of replicas above Spec.MaxReplicas'};
  if (current > 0 && current < minReplicas)
    return {...base, desired: minReplicas, why: 'Current number of replicas below Spec.MinReplicas'};
  const computed = await computeAll(input, deps);
  if (computed.proposed === undefined) {
    const warnings = [...computed.warnings, {reason: 'FailedComputeMetricsReplicas', message: computed.error}];
    return {...base, ...computed, desired: undefined, why: '', conditions: [able, ...computed.conditions], warnings};
  }
  const {replicas, name} = computed.proposed;
  const limited = limit({...input, current, desired: replicas, downscaleStabilizationMs: input.options.downscaleStabilizationMs});
  // Without `behavior` minReplicas has been applied; with it nothing limits a number that is the current one.
  const desired = current === 0 ? Math.max(limited.replicas, minReplicas) : limited.replicas;
  return {
    desired,
    why: reasonOf({current, replicas, limited: limited.replicas, desired}, name),
    conditions: [
      {type: 'AbleToScale', ...limited.ableToScale},
      ...computed.conditions,
      {type: 'ScalingLimited', ...limited.scalingLimited},
    ],
    currentMetrics: computed.currentMetrics,
    warnings: computed.warnings,
    recommendations: limited.recommendations,
  };
}

interface Numbers {
  readonly current: number;
  /** What the metrics ask for, what is left of it after the limits, and what is set. */
  readonly replicas: number;
  readonly limited: number;
  readonly desired: number;
}

function reasonOf({current, replicas, limited, desired}: Numbers, name: string): string {
  if (replicas > current) return `${name} above target`;
  if (replicas < current) return 'All metrics below target';
  return desired > limited ? 'Current number of replicas below Spec.MinReplicas' : '';
}

/** A count of 0 is left alone unless this HPA has set it, and its metrics can be read without pods or minReplicas forbids it now. */
function comesBackFromZero({spec, status}: Hpa): boolean {
  const own = status.conditions.some(({type, status: is}) => type === 'ScaledToZero' && is === 'True');
  return own && (spec.minReplicas !== 0 || needsNoPods(spec.metrics));
}

/** One of the metrics is there without pods: only then an HPA may scale to 0. */
function needsNoPods(metrics: Hpa['spec']['metrics']): boolean {
  return metrics.some(({type}) => type === 'Object' || type === 'External');
}

/** Set at every rescale: whether it was to 0, so that the way back is this HPA's. */
export function scaledToZero({spec}: Hpa, change: {readonly current: number; readonly desired: number}): ConditionChange {
  return change.current > 0 && change.desired === 0 && spec.minReplicas === 0 && needsNoPods(spec.metrics)
    ? condition('ScaledToZero', 'True', 'ScaledToZero', 'the HPA controller scaled the workload to zero')
    : condition('ScaledToZero', 'False', 'NotScaledToZero', 'the HPA controller did not scale the workload to zero');
}

interface Computed {
  readonly proposed: {readonly replicas: number; readonly name: string} | undefined;
  readonly error: string;
  readonly conditions: readonly ConditionChange[];
  readonly currentMetrics: readonly object[];
  readonly warnings: Evaluation['warnings'];
}

const noProposal = (reason: string, message: string, warning = message): Computed => ({
  proposed: undefined,
  error: warning,
  conditions: [condition(ACTIVE, 'False', reason, message)],
  currentMetrics: [],
  warnings: [{reason, message: warning}],
});

/** The largest proposal counts. One metric that fails forbids scaling in; if all fail nothing is done. */
async function computeAll({hpa, target, options, claimants}: EvaluationInput, deps: ProposalDeps): Promise<Computed> {
  if (target.selector === '') {
    const missing = noProposal('InvalidSelector', "the HPA target's scale is missing a selector", 'selector is required');
    return {...missing, warnings: [{reason: 'SelectorRequired', message: 'selector is required'}]};
  }
  if (claimants.length > 1) {
    const some = claimants.slice(0, 2).join(' ');
    const message = `pods by selector ${target.selector} are controlled by more than one HPA (e.g. [${some}])`;
    return noProposal('AmbiguousSelector', message);
  }
  const results = await Promise.all(
    hpa.spec.metrics.map(async (spec) => {
      try {
        return {spec, proposed: await propose(spec, target, options, deps)};
      } catch (error) {
        return {spec, problem: error instanceof Error ? error.message : String(error)};
      }
    }),
  );
  const proposals = results.flatMap((one) => one.proposed ?? []);
  const failed = results.flatMap(({spec, problem}) => (problem === undefined ? [] : [{spec, reason: failureReason(spec), problem}]));
  // Of equal ones the first, as its name is told.
  const highest = proposals.reduce<Proposed | undefined>(
    (best, one) => (best === undefined || one.replicas > best.replicas ? one : best),
    undefined,
  );
  const [first] = failed;
  const currentMetrics = results.map(({proposed}) => proposed?.status ?? NO_METRIC);
  const warnings = failed.map(({reason, problem}) => ({reason, message: problem}));
  if (first !== undefined && (highest === undefined || highest.replicas < target.specReplicas)) {
    const message = `the HPA was unable to compute the replica count: ${first.problem}`;
    const whole = failurePrefix(first.spec) + first.problem;
    const error = `invalid metrics (${String(failed.length)} invalid out of ${String(results.length)}), first error is: ${whole}`;
    return {proposed: undefined, error, conditions: [condition(ACTIVE, 'False', first.reason, message)], currentMetrics, warnings};
  }
  if (highest === undefined) throw new Error('an HPA without metrics');
  return {proposed: highest, error: '', conditions: [valid(highest)], currentMetrics, warnings};
}

function valid({name}: Proposed): ConditionChange {
  return condition(ACTIVE, 'True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${name}`);
}

function condition(type: ConditionChange['type'], status: ConditionChange['status'], reason: string, message: string): ConditionChange {
  return {type, status, reason, message};
}
