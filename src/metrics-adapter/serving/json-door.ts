/**
 * JSON over HTTP, for KEDA's `metrics-api`, dashboards and people: `/v1/rsgs`, everything about one RSG, and one value per URL (take
 * `valueLocation: value`). Unknown is 503, on which KEDA changes nothing.
 */
import type {FastifyInstance} from 'fastify';
import {z} from 'zod';
import {timestamp} from '../../runtime/clock.ts';
import type {MetricAnswer, MetricSource} from '../query.ts';
import type {ServingMetrics} from './serving-metrics.ts';

export interface JsonDoorDeps {
  readonly source: MetricSource;
  readonly metrics: ServingMetrics;
}

const STATUS: Readonly<Record<Extract<MetricAnswer, {kind: 'error'}>['code'], number>> = {
  UnknownRsg: 404,
  UnknownMetric: 404,
  BadQuery: 400,
  Unavailable: 503,
};

const subjectSchema = z.object({namespace: z.string(), rsg: z.string()});
const metricSchema = subjectSchema.extend({metric: z.string()});
const querySchema = z
  .object({role: z.string().min(1), group: z.string().min(1), quantile: z.coerce.number().gt(0).lt(1)})
  .partial()
  .strict();

export function addJsonRoutes(server: FastifyInstance, {source, metrics}: JsonDoorDeps): void {
  server.get('/v1/rsgs', () => ({items: source.rsgs()}));
  server.get('/v1/namespaces/:namespace/rsgs/:rsg', (request, reply) => {
    const {namespace, rsg} = subjectSchema.parse(request.params);
    const overview = source.overview(namespace, rsg);
    if (overview !== undefined) return overview;
    return reply.code(404).send({error: 'UnknownRsg', message: `no RSG ${namespace}/${rsg} with metrics is known`});
  });
  server.get('/v1/namespaces/:namespace/rsgs/:rsg/:metric', (request, reply) => {
    const subject = metricSchema.parse(request.params);
    const parameters = querySchema.safeParse(request.query);
    const answer: MetricAnswer = parameters.success
      ? source.answer({...subject, ...defined(parameters.data)})
      : {kind: 'error', code: 'BadQuery', message: z.prettifyError(parameters.error)};
    const known = answer.kind === 'value' && !Number.isFinite(answer.value) ? notFinite(subject.metric, answer.value) : answer;
    const code = known.kind === 'value' ? 200 : STATUS[known.code];
    metrics.answered('json', subject.metric, String(code));
    if (known.kind === 'error') return reply.code(code).send({error: known.code, message: known.message});
    return {...subject, value: known.value, timestamp: timestamp(known.timestampMs), windowSeconds: known.windowSeconds};
  });
}

function notFinite(metric: string, value: number): MetricAnswer {
  return {kind: 'error', code: 'Unavailable', message: `${metric} is ${String(value)}`};
}

/** Without the keys that are undefined. */
function defined({role, group, quantile}: z.output<typeof querySchema>): {role?: string; group?: string; quantile?: number} {
  return {
    ...(role === undefined ? {} : {role}),
    ...(group === undefined ? {} : {group}),
    ...(quantile === undefined ? {} : {quantile}),
  };
}
