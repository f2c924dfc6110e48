/** The answers of the aggregated APIs in JSON, exactly as k8s.io/metrics names their keys. Pure. */
import {GROUP, KIND, VERSION} from '../../api/labels.ts';
import {timestamp} from '../../runtime/clock.ts';
import type {MetricAnswer} from '../query.ts';
import {CUSTOM, EXTERNAL, type CustomVersion} from './api-path.ts';
import type {Pinned} from './pin.ts';
import {milli} from './quantity.ts';
import type {Failure, StatusCode} from './status.ts';

export interface Measurement {
  readonly metric: string;
  /** A quantity: `3400m`. */
  readonly value: string;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly windowSeconds: number;
}

const CODES: Readonly<Record<Extract<MetricAnswer, {kind: 'error'}>['code'], StatusCode>> = {
  UnknownRsg: 404,
  UnknownMetric: 404,
  BadQuery: 400,
  Unavailable: 503,
};

/** A number that a quantity cannot express is unknown, which is an error. */
export function measurementOf(metric: string, answer: MetricAnswer): Measurement | Failure {
  if (answer.kind === 'error') return {code: CODES[answer.code], message: answer.message};
  const value = milli(answer.value);
  if (value === undefined) return {code: 503, message: `${metric} is ${String(answer.value)}, which cannot be served`};
  return {metric, value, timestamp: timestamp(answer.timestampMs), windowSeconds: Math.round(answer.windowSeconds)};
}

/** One item: an HPA adds up all items of an External metric. */
export function externalBody({metric, value, timestamp, windowSeconds}: Measurement, labels: Pinned): string {
  return JSON.stringify({
    kind: 'ExternalMetricValueList',
    apiVersion: `${EXTERNAL}/v1beta1`,
    metadata: {},
    items: [{metricName: metric, metricLabels: labels, timestamp, window: windowSeconds, value}],
  });
}

export interface Described {
  readonly kind: 'ResourceScalingGroup' | 'Namespace';
  readonly namespace: string;
  readonly name: string;
}

export interface ObjectMeasurement {
  readonly object: Described;
  readonly measurement: Measurement;
  readonly labels: Pinned;
}

export function customBody(version: CustomVersion, items: readonly ObjectMeasurement[]): string {
  const item = version === 'v1beta2' ? itemV1beta2 : itemV1beta1;
  return JSON.stringify({kind: 'MetricValueList', apiVersion: `${CUSTOM}/${version}`, metadata: {}, items: items.map(item)});
}

function itemV1beta2({object, measurement, labels}: ObjectMeasurement): object {
  const {metric, timestamp, windowSeconds, value} = measurement;
  return {describedObject: describedObject(object), metric: {name: metric, selector: selectorOf(labels)}, timestamp, windowSeconds, value};
}

function itemV1beta1({object, measurement, labels}: ObjectMeasurement): object {
  const {metric, timestamp, windowSeconds, value} = measurement;
  return {
    describedObject: describedObject(object),
    metricName: metric,
    timestamp,
    window: windowSeconds,
    value,
    selector: selectorOf(labels),
  };
}

function describedObject({kind, namespace, name}: Described): object {
  return kind === KIND ? {kind, namespace, name, apiVersion: `${GROUP}/${VERSION}`} : {kind, name, apiVersion: 'v1'};
}

function selectorOf(labels: Pinned): object | null {
  return Object.keys(labels).length === 0 ? null : {matchLabels: labels};
}
