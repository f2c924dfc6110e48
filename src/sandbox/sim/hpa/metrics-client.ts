/** Reads the three metrics APIs as the HPA controller does: over the API server, which passes the request on to whoever serves them. */
import {z} from 'zod';
import {messageOf} from '../../../runtime/errors.ts';
import {noSuchResource} from '../../api-error.ts';
import {durationMs} from '../duration.ts';
import {MetricProblem, type PodMetric, type PodMetrics} from './replica-calculator.ts';
import {quantitySchema} from './schema.ts';

/** GET of a path of the API server: parsed JSON. Rejects with an error in the server's words. */
export type ApiGet = (path: string) => Promise<unknown>;

export interface ObjectTarget {
  /** `plural.group` */
  readonly resource: string;
  readonly name: string;
}

export interface MetricsClient {
  /** All items, in thousandths. */
  external(namespace: string, name: string, selector: string): Promise<readonly number[]>;
  object(namespace: string, target: ObjectTarget, metric: {name: string; selector: string}): Promise<number>;
  pods(namespace: string, podSelector: string, metric: {name: string; selector: string}): Promise<PodMetrics>;
  resource(namespace: string, podSelector: string, resource: string): Promise<PodMetrics>;
}

const NOT_SERVED = noSuchResource().message;

/** Nobody serves the API at all; what its server says itself is passed on as it is. */
function isNotServed(error: unknown): boolean {
  return error instanceof Error && (error.message === NOT_SERVED || error.message.endsWith('HTTP 404'));
}

const notFound = (what: string): string => `${NOT_SERVED} (get ${what})`;

const externalList = z.object({items: z.array(z.object({value: quantitySchema}))});
const valueList = z.object({
  items: z.array(z.object({describedObject: z.object({name: z.string()}), value: quantitySchema, timestamp: z.string().default('')})),
});
const podMetricsList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({name: z.string()}),
      timestamp: z.string(),
      window: z.string().default('0s'),
      containers: z.array(z.object({usage: z.record(z.string(), quantitySchema)})),
    }),
  ),
});
const apiGroup = z.object({preferredVersion: z.object({version: z.string()})});

interface Asked {
  readonly query?: Readonly<Record<string, string>>;
  /** How the answer fails, in the words of who asks. */
  readonly failing: string;
  /** What is asked for, told where nobody serves it. */
  readonly missing: string;
}

export function createMetricsClient(get: ApiGet): MetricsClient {
  const asked = async (path: string, {query = {}, failing, missing}: Asked): Promise<unknown> => {
    const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
    const text = parameters.size === 0 ? '' : `?${parameters.toString()}`;
    try {
      return await get(path + text);
    } catch (error) {
      const why = isNotServed(error) ? missing : messageOf(error);
      throw new MetricProblem(`${failing}: ${why}`, {cause: error});
    }
  };
  /** Asked each time: who serves custom metrics may change while this runs. */
  const customRoot = async (failing: string): Promise<string> => {
    const missing = 'no custom metrics API (custom.metrics.k8s.io) registered';
    const group = apiGroup.parse(await asked('/apis/custom.metrics.k8s.io', {failing, missing}));
    return `/apis/custom.metrics.k8s.io/${group.preferredVersion.version}`;
  };
  return {
    external: async (namespace, name, selector) => {
      const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${name}`;
      const failing = 'unable to fetch metrics from external metrics API';
      const {items} = externalList.parse(
        await asked(path, {query: {labelSelector: selector}, failing, missing: notFound(`${name}.external.metrics.k8s.io`)}),
      );
      if (items.length === 0) throw new MetricProblem('no metrics returned from external metrics API');
      return items.map(({value}) => value);
    },
    object: async (namespace, {resource, name}, metric) => {
      const failing = 'unable to fetch metrics from custom metrics API';
      const path = `${await customRoot(failing)}/namespaces/${namespace}/${resource}/${name}/${metric.name}`;
      const query = {metricLabelSelector: metric.selector};
      const missing = notFound(`${resource}.custom.metrics.k8s.io ${name}`);
      const [item] = valueList.parse(await asked(path, {query, failing, missing})).items;
      if (item === undefined) throw new MetricProblem('the custom metrics API server returned no metrics');
      return item.value;
    },
    pods: async (namespace, podSelector, metric) => {
      const failing = 'unable to fetch metrics from custom metrics API';
      const path = `${await customRoot(failing)}/namespaces/${namespace}/pods/%2A/${metric.name}`;
      const query = {labelSelector: podSelector, metricLabelSelector: metric.selector};
      const {items} = valueList.parse(await asked(path, {query, failing, missing: notFound('pods.custom.metrics.k8s.io *')}));
      if (items.length === 0) throw new MetricProblem('no metrics returned from custom metrics API');
      return new Map(
        items.map(({describedObject, value, timestamp}): [string, PodMetric] => [
          describedObject.name,
          {value, timestamp: Date.parse(timestamp), windowMs: 60_000},
        ]),
      );
    },
    resource: async (namespace, podSelector, resource) => {
      const failing = `unable to fetch metrics from resource metrics API`;
      const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
      const {items} = podMetricsList.parse(
        await asked(path, {query: {labelSelector: podSelector}, failing, missing: notFound('pods.metrics.k8s.io')}),
      );
      if (items.length === 0) throw new MetricProblem('no metrics returned from resource metrics API');
      return new Map(
        items.flatMap(({metadata, timestamp, window, containers}): [string, PodMetric][] => {
          const usages = containers.map(({usage}) => usage[resource]);
          // One container that does not say is a pod that does not.
          if (usages.length === 0 || usages.includes(undefined)) return [];
          const value = usages.reduce<number>((sum, usage) => sum + (usage ?? 0), 0);
          return [[metadata.name, {value, timestamp: Date.parse(timestamp), windowMs: durationMs(window) ?? 0}]];
        }),
      );
    },
  };
}
