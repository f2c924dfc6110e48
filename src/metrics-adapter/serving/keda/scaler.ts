/** KEDA's external scaler over a metric source. `StreamMetricSpec`, which no KEDA that is out calls, answers UNIMPLEMENTED. */
import {Code, ConnectError, type ConnectRouter, type HandlerContext} from '@connectrpc/connect';
import type {MetricAnswer, MetricSource} from '../../query.ts';
import type {ServingMetrics} from '../serving-metrics.ts';
import {activityOf, readingOf} from './activity.ts';
import {ExternalScaler, type ScaledObjectRef} from './externalscaler_pb.ts';
import {readTrigger, type Trigger} from './metadata.ts';

export interface ScalerDeps {
  readonly source: MetricSource;
  readonly metrics: ServingMetrics;
}

const CODES: Readonly<Record<Extract<MetricAnswer, {kind: 'error'}>['code'], Code>> = {
  UnknownRsg: Code.NotFound,
  UnknownMetric: Code.NotFound,
  BadQuery: Code.InvalidArgument,
  Unavailable: Code.Unavailable,
};

/** The routes of a Connect router. */
export function scalerRoutes({source, metrics}: ScalerDeps): (router: ConnectRouter) => void {
  const counted = <T>(trigger: Trigger, answer: () => T): T => {
    try {
      const result = answer();
      metrics.answered('keda', trigger.query.metric, 'ok');
      return result;
    } catch (error) {
      metrics.answered('keda', trigger.query.metric, Code[ConnectError.from(error).code].toLowerCase());
      throw error;
    }
  };
  return (router) => {
    router.service(ExternalScaler, {
      isActive: (ref) => {
        const trigger = triggerOf(ref);
        return counted(trigger, () => ({result: isActive(source, trigger)}));
      },
      streamIsActive: (ref, context) => activityStream(source, triggerOf(ref), context),
      getMetricSpec: (ref) => {
        const {query, target} = triggerOf(ref);
        if (target === undefined)
          throw new ConnectError('metadata.target is missing: the value per group, such as 0.7', Code.InvalidArgument);
        return {metricSpecs: [{metricName: query.metric, targetSize: whole(target), targetSizeFloat: target}]};
      },
      getMetrics: ({scaledObjectRef, metricName}) => {
        if (scaledObjectRef === undefined) throw new ConnectError('scaledObjectRef is missing', Code.InvalidArgument);
        const trigger = triggerOf(scaledObjectRef);
        const reading = readingOf(source, trigger);
        if (reading.kind === 'held') {
          metrics.answered('keda', trigger.query.metric, 'held');
          return {metricValues: []};
        }
        return counted(trigger, () => {
          const value = valueOf(reading);
          return {metricValues: [{metricName, metricValue: whole(value), metricValueFloat: value}]};
        });
      },
    });
  };
}

function triggerOf(ref: ScaledObjectRef): Trigger {
  const trigger = readTrigger(ref);
  if ('problem' in trigger) throw new ConnectError(trigger.problem, Code.InvalidArgument);
  return trigger;
}

function isActive(source: MetricSource, trigger: Trigger): boolean {
  const activity = activityOf(source, trigger);
  if ('kind' in activity) throw new ConnectError(activity.message, CODES[activity.code]);
  return activity.active;
}

/** KEDA turns what is not a number into 0, so such a value is an error here. */
function valueOf(answer: MetricAnswer): number {
  if (answer.kind === 'error') throw new ConnectError(answer.message, CODES[answer.code]);
  if (!Number.isFinite(answer.value)) throw new ConnectError(`the value is ${String(answer.value)}`, Code.Unavailable);
  return answer.value;
}

/** For KEDA before 2.17, which reads integers only; later ones take the float when it is above 0. */
function whole(value: number): bigint {
  return BigInt(Math.round(value));
}

/** The state on open and then whenever it changes. While it is unknown nothing is sent: an error would make KEDA reconnect and back off. */
async function* activityStream(source: MetricSource, trigger: Trigger, {signal}: HandlerContext): AsyncGenerator<{result: boolean}> {
  const {namespace, rsg} = trigger.query;
  let wake: () => void = () => undefined;
  let changed = new Promise<void>((resolve) => (wake = resolve));
  const stop = source.onChange((ofNamespace, name) => {
    if (ofNamespace === namespace && name === rsg) wake();
  });
  const end = (): void => {
    wake();
  };
  signal.addEventListener('abort', end, {once: true});
  try {
    let sent: boolean | undefined;
    while (!signal.aborted) {
      const activity = activityOf(source, trigger);
      if (!('kind' in activity) && activity.active !== sent) {
        sent = activity.active;
        yield {result: sent};
      }
      await changed;
      changed = new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stop();
    signal.removeEventListener('abort', end);
  }
}
