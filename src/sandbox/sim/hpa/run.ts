/**
 * Runs the HPA controller of the sandbox: every `syncMs` it evaluates each HorizontalPodAutoscaler and sets its target's scale. Scales are
 * read and written over the API server, and so are metrics: who serves them is found by the registered APIServices.
 */
import {z} from 'zod';
import type {KubeObject, ResourceType} from '../../../api/objects.ts';
import {apiVersionOf} from '../../../api/objects.ts';
import {asObjects} from '../../../api/json.ts';
import {messageOf} from '../../../runtime/errors.ts';
import {HORIZONTAL_POD_AUTOSCALER, POD} from '../../resource-types.ts';
import {matchesLabels, parseLabelSelector} from '../../selectors/label-selector.ts';
import {createPerformer} from '../perform.ts';
import {statusWrite} from '../status-write.ts';
import type {Write} from '../write.ts';
import type {WorkloadDeps} from '../workloads.ts';
import {evaluate, scaledToZero, type Evaluation} from './evaluate.ts';
import type {Memory} from './limits.ts';
import {createMetricsClient, type ApiGet} from './metrics-client.ts';
import {readHpa, type Hpa} from './schema.ts';
import {hpaStatus} from './status.ts';
import type {ScaleTarget} from './proposals.ts';

export interface HpaOptions {
  readonly syncMs: number;
  /** Where an HPA does not give its own; 5 minutes in a real cluster. */
  readonly downscaleStabilizationMs: number;
}

export interface HpaDeps extends WorkloadDeps {
  readonly get: ApiGet;
}

const scaleSchema = z.object({
  spec: z.object({replicas: z.number().default(0)}).prefault({}),
  status: z.object({replicas: z.number().default(0), selector: z.string().default('')}).prefault({}),
});

const COMPONENT = 'horizontal-pod-autoscaler';
const EMPTY: Memory = {recommendations: [], ups: [], downs: []};
const STARTING = {initialReadinessMs: 1000, initializationMs: 1000};

/** Runs until the signal aborts. */
export async function runHpas(options: HpaOptions, deps: HpaDeps, signal: AbortSignal): Promise<void> {
  const {store, clock, log} = deps;
  const controller = createHpaController(options, deps);
  while (!signal.aborted) {
    for (const object of store.list(HORIZONTAL_POD_AUTOSCALER)) {
      try {
        await controller.sync(object);
      } catch (error) {
        log.debug({hpa: object.metadata.name, error: messageOf(error)}, 'an HPA could not be synchronised; trying again');
      }
    }
    await clock.sleep(options.syncMs, signal);
  }
}

export interface HpaController {
  /** One evaluation, and what follows from it. */
  sync(object: KubeObject): Promise<void>;
}

export function createHpaController({downscaleStabilizationMs}: HpaOptions, deps: HpaDeps): HpaController {
  const {store, clock, get} = deps;
  const memories = new Map<string, Memory>();
  /** By `namespace/name` of an HPA: the selector of its target. */
  const selectors = new Map<string, string>();
  const performer = createPerformer(deps);
  const proposalDeps = {metrics: createMetricsClient(get), resourceOf: resourceNames(() => store.resources())};
  const tell = (writes: readonly Write[]): void => {
    performer.perform(writes, COMPONENT);
  };

  return {
    sync: async (object) => {
      const hpa = readHpa(object);
      const found = await readScale(hpa, deps);
      if ('problem' in found) {
        tell(failedScale(object, hpa, {...found, now: clock.now()}));
        return;
      }
      const {uid} = hpa.metadata;
      const memory = memories.get(uid) ?? {...EMPTY, recommendations: [{at: clock.now(), replicas: found.target.specReplicas}]};
      const evaluation = await evaluate(
        {
          hpa,
          target: found.target,
          memory,
          now: clock.now(),
          options: {downscaleStabilizationMs, tolerance: toleranceOf(hpa), starting: {...STARTING, now: clock.now()}},
          claimants: claimantsOf(hpa, found.target),
        },
        proposalDeps,
      );
      const current = found.target.specReplicas;
      const desired = evaluation.desired ?? current;
      const change = desired - current;
      if (change !== 0) setScale(found, desired);
      const event = {at: clock.now(), change: Math.abs(change)};
      memories.set(uid, {
        recommendations: evaluation.recommendations,
        ups: change > 0 ? [...memory.ups, event].slice(-100) : memory.ups,
        downs: change < 0 ? [...memory.downs, event].slice(-100) : memory.downs,
      });
      const reported = evaluation.desired ?? Number(hpa.status['desiredReplicas'] ?? 0);
      tell(outcome(object, hpa, {evaluation, current, desired, reported, now: clock.now()}));
    },
  };

  function setScale({type, target, name}: FoundScale, replicas: number): void {
    const metadata = {name, namespace: target.namespace};
    store.update(type, {apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: {replicas}}, {subresource: 'scale'});
  }

  /** Those whose targets' selectors this HPA has learned to match one of the same pods. */
  function claimantsOf(hpa: Hpa, {selector, pods, namespace}: ScaleTarget): string[] {
    const own = `${namespace}/${hpa.metadata.name}`;
    selectors.set(own, selector);
    const live = new Set(store.list(HORIZONTAL_POD_AUTOSCALER, namespace).map(({metadata}) => `${namespace}/${metadata.name}`));
    for (const key of selectors.keys()) if (key.startsWith(`${namespace}/`) && !live.has(key)) selectors.delete(key);
    const claims = (text: string): boolean =>
      text !== '' && pods.some(({metadata}) => matchesLabels(parseLabelSelector(text), metadata.labels));
    return [...selectors].filter(([key, text]) => key === own || (key.startsWith(`${namespace}/`) && claims(text))).map(([key]) => key);
  }
}

interface FoundScale {
  readonly type: ResourceType;
  readonly name: string;
  readonly target: ScaleTarget;
}

async function readScale(hpa: Hpa, {store, get}: HpaDeps): Promise<FoundScale | {readonly problem: string}> {
  const {apiVersion, kind, name} = hpa.spec.scaleTargetRef;
  const {namespace} = hpa.metadata;
  const type = store.resources().find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
  if (type === undefined) return {problem: `no matches for kind "${kind}" in group "${apiVersion.split('/')[0] ?? ''}"`};
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  try {
    const {spec, status} = scaleSchema.parse(await get(`${root}/namespaces/${namespace}/${type.plural}/${name}/scale`));
    const pods =
      status.selector === ''
        ? []
        : store.list(POD, namespace).filter(({metadata}) => matchesLabels(parseLabelSelector(status.selector), metadata.labels));
    const target = {namespace, specReplicas: spec.replicas, statusReplicas: status.replicas, selector: status.selector, pods};
    return {type, name, target};
  } catch (error) {
    return {problem: messageOf(error)};
  }
}

function failedScale(object: KubeObject, hpa: Hpa, {problem, now}: {readonly problem: string; readonly now: number}): Write[] {
  const message = `the HPA controller was unable to get the target's current scale: ${problem}`;
  const change = {type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message} as const;
  const report = {current: Number(hpa.status['currentReplicas'] ?? 0), desired: Number(hpa.status['desiredReplicas'] ?? 0)};
  const currentMetrics = asObjects(hpa.status['currentMetrics']);
  const status = hpaStatus(hpa, {...report, currentMetrics, conditions: [change], rescaled: false}, now);
  return [
    {do: 'event', type: 'Warning', object, reason: 'FailedGetScale', message: problem},
    ...statusWrite(HORIZONTAL_POD_AUTOSCALER, object, status),
  ];
}

interface Result {
  readonly evaluation: Evaluation;
  readonly current: number;
  readonly desired: number;
  /** As the status tells it: what nothing could be computed for stays as it was. */
  readonly reported: number;
  readonly now: number;
}

function outcome(object: KubeObject, hpa: Hpa, {evaluation, current, desired, reported, now}: Result): Write[] {
  const rescaled = desired !== current;
  const succeeded = {
    type: 'AbleToScale',
    status: 'True',
    reason: 'SucceededRescale',
    message: `the HPA controller was able to update the target scale to ${String(desired)}`,
  } as const;
  const conditions = [...evaluation.conditions, ...(rescaled ? [succeeded, scaledToZero(hpa, {current, desired})] : [])];
  const status = hpaStatus(hpa, {current, desired: reported, currentMetrics: evaluation.currentMetrics, conditions, rescaled}, now);
  const warnings = evaluation.warnings.map(({reason, message}): Write => ({do: 'event', type: 'Warning', object, reason, message}));
  const message = `New size: ${String(desired)}; reason: ${evaluation.why}`;
  const told: Write[] = rescaled ? [{do: 'event', type: 'Normal', object, reason: 'SuccessfulRescale', message}] : [];
  return [...warnings, ...told, ...statusWrite(HORIZONTAL_POD_AUTOSCALER, object, status)];
}

const DEFAULT_TOLERANCE = 0.1;

function toleranceOf({spec}: Hpa): {up: number; down: number} {
  const of = (milli: number | undefined): number => (milli === undefined ? DEFAULT_TOLERANCE : milli / 1000);
  return {up: of(spec.behavior?.scaleUp.tolerance), down: of(spec.behavior?.scaleDown.tolerance)};
}

function resourceNames(resources: () => readonly ResourceType[]): (described: {apiVersion: string; kind: string}) => string {
  return ({apiVersion, kind}) => {
    const type = resources().find((one) => one.kind === kind && (apiVersion === '' || apiVersionOf(one) === apiVersion));
    if (type === undefined) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
    return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
  };
}
