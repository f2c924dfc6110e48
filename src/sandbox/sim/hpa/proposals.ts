/** What each metric of an HPA asks for, with its name and status as the HPA reports them (horizontal.go, computeStatusFor…Metric). */
import {asObject, asObjects} from '../../../api/json.ts';
import type {KubeObject} from '../../../api/objects.ts';
import {messageOf} from '../../../runtime/errors.ts';
import {formatSelector} from '../../selectors/label-selector.ts';
import type {Selector} from '../selector.ts';
import type {MetricsClient} from './metrics-client.ts';
import {milliOf, quantityOf} from './quantity.ts';
import {fromAverage, fromPods, fromTotal, MetricProblem, type PodsInput, type Proposal, type Tolerance} from './replica-calculator.ts';
import type {MetricName, MetricSpec, MetricTarget} from './schema.ts';

export interface ScaleTarget {
  readonly namespace: string;
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly selector: string;
  /** Those that the selector matches. */
  readonly pods: readonly KubeObject[];
}

export interface ProposalDeps {
  readonly metrics: MetricsClient;
  /** `plural.group` of an object that a metric describes. */
  readonly resourceOf: (described: {readonly apiVersion: string; readonly kind: string}) => string;
}

export interface Proposed {
  readonly replicas: number;
  readonly name: string;
  /** An entry of `status.currentMetrics`. */
  readonly status: object;
}

export interface ProposalOptions {
  readonly tolerance: Tolerance;
  /** Of CPU: see `isStarting`. */
  readonly starting: NonNullable<PodsInput['starting']>;
}

/** The reason of the condition when a metric of this kind cannot be computed. */
export function failureReason({type}: MetricSpec): string {
  return `FailedGet${type}Metric`;
}

/** What the event says before the problem of a metric of this kind, which the condition says alone. */
export function failurePrefix(spec: MetricSpec): string {
  switch (spec.type) {
    case 'External': {
      const {metric, target} = spec.external;
      const what = target.averageValue === undefined ? `external metric ${metric.name}` : `${metric.name} external metric`;
      return `failed to get ${metric.name} external metric value: failed to get ${what}: `;
    }
    case 'Object': {
      const {metric, target} = spec.object;
      const inner = target.averageValue === undefined ? '' : `failed to get ${metric.name} object metric: `;
      return `failed to get object metric value: ${inner}`;
    }
    case 'Pods':
      return 'failed to get pods metric value: ';
    case 'Resource':
      return `failed to get ${spec.resource.name} resource metric value: `;
  }
}

/** Rejects with a MetricProblem when the metric cannot be had or computed. */
export async function propose(spec: MetricSpec, target: ScaleTarget, options: ProposalOptions, deps: ProposalDeps): Promise<Proposed> {
  switch (spec.type) {
    case 'External':
      return external(spec.external, target, options, deps);
    case 'Object':
      return object(spec.object, target, options, deps);
    case 'Pods':
      return podMetric(spec.pods, target, options, deps);
    case 'Resource':
      return resource(spec.resource, target, options, deps);
  }
}

/** The problem of a request, told with what was asked for. */
async function fetched<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new MetricProblem(`${what}: ${messageOf(error)}`, {cause: error});
  }
}

type Of<Type extends MetricSpec['type'], Key extends string> =
  Extract<MetricSpec, {type: Type}> extends Readonly<Record<Key, infer Source>> ? Source : never;

function fromOne(
  usage: number,
  wanted: MetricTarget,
  target: ScaleTarget,
  {tolerance}: ProposalOptions,
): {proposal: Proposal; current: object} {
  if (wanted.averageValue !== undefined) {
    const proposal = fromAverage(usage, {target: wanted.averageValue, current: target.statusReplicas}, tolerance);
    return {proposal, current: {averageValue: quantityOf(proposal.usage)}};
  }
  if (wanted.value === undefined)
    throw new MetricProblem('invalid metric source: neither a value target nor an average value target was set');
  const proposal = fromTotal(usage, {target: wanted.value, current: target.specReplicas, pods: target.pods}, tolerance);
  return {proposal, current: {value: quantityOf(proposal.usage)}};
}

async function external(
  {metric, target: wanted}: Of<'External', 'external'>,
  target: ScaleTarget,
  options: ProposalOptions,
  {metrics}: ProposalDeps,
): Promise<Proposed> {
  const {namespace} = target;
  const what = `unable to get external metric ${namespace}/${metric.name}/${printed(metric.selector)}`;
  const values = await fetched(what, metrics.external(namespace, metric.name, selectorText(metric.selector)));
  const total = values.reduce((sum, value) => sum + value, 0);
  const {proposal, current} = fromOne(total, wanted, target, options);
  return {
    replicas: proposal.replicas,
    name: `external metric ${described(metric)}`,
    status: {type: 'External', external: {metric: named(metric), current}},
  };
}

async function object(
  {describedObject, metric, target: wanted}: Of<'Object', 'object'>,
  target: ScaleTarget,
  options: ProposalOptions,
  deps: ProposalDeps,
): Promise<Proposed> {
  const at = {resource: deps.resourceOf(describedObject), name: describedObject.name};
  const {namespace} = target;
  const what = `unable to get metric ${metric.name} on ${describedObject.kind} ${namespace}/${describedObject.name}`;
  const usage = await fetched(what, deps.metrics.object(namespace, at, {name: metric.name, selector: selectorText(metric.selector)}));
  const {proposal, current} = fromOne(usage, wanted, target, options);
  // The real one calls an averaged Object metric external.
  const name = wanted.averageValue === undefined ? `${describedObject.kind} metric ${metric.name}` : `external metric ${described(metric)}`;
  return {replicas: proposal.replicas, name, status: {type: 'Object', object: {metric: named(metric), describedObject, current}}};
}

async function podMetric(
  {metric, target: wanted}: Of<'Pods', 'pods'>,
  target: ScaleTarget,
  options: ProposalOptions,
  {metrics}: ProposalDeps,
): Promise<Proposed> {
  const found = await fetched(
    `unable to get metric ${metric.name}`,
    metrics.pods(target.namespace, target.selector, {name: metric.name, selector: selectorText(metric.selector)}),
  );
  const proposal = fromPods(
    {pods: target.pods, metrics: found, target: wanted.averageValue ?? 0, current: target.specReplicas},
    options.tolerance,
  );
  const current = {averageValue: quantityOf(proposal.usage)};
  return {replicas: proposal.replicas, name: `pods metric ${metric.name}`, status: {type: 'Pods', pods: {metric: named(metric), current}}};
}

async function resource(
  {name, target: wanted}: Of<'Resource', 'resource'>,
  target: ScaleTarget,
  options: ProposalOptions,
  {metrics}: ProposalDeps,
): Promise<Proposed> {
  const usageOf = `failed to get ${name} ${wanted.averageUtilization === undefined ? 'usage' : 'utilization'}`;
  const what = `${usageOf}: unable to get metrics for resource ${name}`;
  const found = await fetched(what, metrics.resource(target.namespace, target.selector, name));
  const input: PodsInput = {
    pods: target.pods,
    metrics: found,
    target: wanted.averageUtilization ?? wanted.averageValue ?? 0,
    current: target.specReplicas,
    ...(name === 'cpu' ? {starting: options.starting} : {}),
    ...(wanted.averageUtilization === undefined ? {} : {requests: requestsOf(target.pods, name)}),
  };
  const proposal = fromPods(input, options.tolerance);
  const utilization = proposal.utilization === undefined ? {} : {averageUtilization: proposal.utilization};
  const current = {...utilization, averageValue: quantityOf(proposal.usage)};
  const title = wanted.averageUtilization === undefined ? `${name} resource` : `${name} resource utilization (percentage of request)`;
  return {replicas: proposal.replicas, name: title, status: {type: 'Resource', resource: {name, current}}};
}

function requestsOf(pods: readonly KubeObject[], resource: string): Map<string, number> {
  return new Map(
    pods.map((pod): [string, number] => {
      const requests = asObjects(asObject(pod['spec'])['containers']).map((container) => {
        const text = asObject(asObject(container['resources'])['requests'])[resource];
        const milli = typeof text === 'string' || typeof text === 'number' ? milliOf(String(text)) : undefined;
        if (milli === undefined) {
          throw new MetricProblem(`missing request for ${resource} in container ${String(container['name'])} of Pod ${pod.metadata.name}`);
        }
        return milli;
      });
      return [pod.metadata.name, requests.reduce((sum, one) => sum + one, 0)];
    }),
  );
}

/** As a query: `a=b,c in (d,e)`. */
function selectorText(selector: Selector | undefined): string {
  return selector === undefined ? '' : formatSelector({...selector});
}

/** As Go prints it in the condition's message. */
function described({name, selector}: MetricName): string {
  return `${name}(${printed(selector)})`;
}

function printed(selector: Selector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = labels.map(([key, value]) => `${key}: ${value},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${text}},MatchExpressions:[]LabelSelectorRequirement{},}`;
}

function named({name, selector}: MetricName): object {
  if (selector === undefined) return {name};
  const {matchLabels, matchExpressions} = selector;
  return {name, selector: {matchLabels, ...(matchExpressions.length === 0 ? {} : {matchExpressions})}};
}
