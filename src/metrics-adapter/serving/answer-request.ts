/** From a request on an aggregated API to the JSON text of its answer. Pure but for the source it asks, which answers from memory. */
import type {MetricAnswer, MetricQuery, MetricSource} from '../query.ts';
import type {ApiRequest} from './api-path.ts';
import {RSG_RESOURCE} from './discovery.ts';
import {customBody, externalBody, measurementOf, type Described, type Measurement, type ObjectMeasurement} from './metric-values.ts';
import {pin, queryOf, type Pinned} from './pin.ts';
import {isFailure, type Failure} from './status.ts';

/** Asks once more each time it is called. A request that can never be answered is a failure at once. */
export type Ask = (source: MetricSource) => string | Failure;

type ObjectRequest = Extract<ApiRequest, {api: 'object'}>;
type NamespaceRequest = Extract<ApiRequest, {api: 'namespace'}>;

/** `parameters` as in the URL: `labelSelector` for External metrics, `metricLabelSelector` for those on objects. */
export function readRequest(request: ApiRequest, parameters: URLSearchParams): Ask | Failure {
  const selector = request.api === 'external' ? parameters.get('labelSelector') : parameters.get('metricLabelSelector');
  const read = pin(selector ?? '');
  if ('problem' in read) return {code: 400, message: read.problem};
  if (request.api === 'external') return external(request, read.pinned);
  if (request.api === 'namespace') return onNamespace(request, read.pinned);
  if (request.resource !== RSG_RESOURCE) {
    return {code: 404, message: `there are no metrics on ${request.resource}; they are on ${RSG_RESOURCE}`};
  }
  return request.name === '*' ? onAll(request, read.pinned, parameters.get('labelSelector') ?? '') : onObject(request, read.pinned);
}

function external({namespace, metric}: {namespace: string; metric: string}, pinned: Pinned): Ask | Failure {
  const query = pinnedQuery(namespace, metric, pinned);
  if (isFailure(query)) return query;
  return askOne(query, (measurement) => externalBody(measurement, pinned));
}

/** A source gives the same object until something changes, and so is the text. */
function askOne(query: MetricQuery, body: (measurement: Measurement) => string): Ask {
  let last: {readonly answer: MetricAnswer; readonly result: string | Failure} | undefined;
  return (source) => {
    const answer = source.answer(query);
    if (last?.answer !== answer) {
      const measurement = measurementOf(query.metric, answer);
      last = {answer, result: isFailure(measurement) ? measurement : body(measurement)};
    }
    return last.result;
  };
}

function pinnedQuery(namespace: string, metric: string, pinned: Pinned): MetricQuery | Failure {
  if (pinned.rsg === undefined) return {code: 400, message: `the selector of ${metric} must name one RSG, such as rsg=llama`};
  return queryOf({namespace, rsg: pinned.rsg, metric}, pinned);
}

function onNamespace({version, namespace, metric}: NamespaceRequest, pinned: Pinned): Ask | Failure {
  const query = pinnedQuery(namespace, metric, pinned);
  if (isFailure(query)) return query;
  return askObject(version, query, {object: {kind: 'Namespace', namespace, name: namespace}, labels: pinned});
}

function onObject({version, namespace, name, metric}: ObjectRequest, pinned: Pinned): Ask | Failure {
  if (pinned.rsg !== undefined && pinned.rsg !== name)
    return {code: 400, message: `the object is ${name}, but its selector says rsg=${pinned.rsg}`};
  const query = queryOf({namespace, rsg: name, metric}, pinned);
  return askObject(version, query, {object: {kind: 'ResourceScalingGroup', namespace, name}, labels: pinned});
}

function askObject(
  version: ObjectRequest['version'],
  query: MetricQuery,
  item: {readonly object: Described; readonly labels: Pinned},
): Ask {
  return askOne(query, (measurement) => customBody(version, [{...item, measurement}]));
}

/** Every RSG of the namespace whose value is known; none at all is an error, since an empty list would read as nothing to do. */
function onAll({version, namespace, metric}: ObjectRequest, pinned: Pinned, labelSelector: string): Ask | Failure {
  if (labelSelector !== '') return {code: 400, message: 'RSGs cannot be chosen by their labels here: name one'};
  return (source) => {
    const names = source.rsgs().filter((one) => one.namespace === namespace && (pinned.rsg ?? one.name) === one.name);
    const items = names.flatMap(({name}): ObjectMeasurement[] => {
      const measurement = measurementOf(metric, source.answer(queryOf({namespace, rsg: name, metric}, pinned)));
      return isFailure(measurement) ? [] : [{object: {kind: 'ResourceScalingGroup', namespace, name}, measurement, labels: pinned}];
    });
    return items.length > 0 ? customBody(version, items) : {code: 404, message: `no RSG in ${namespace} has a known value of ${metric}`};
  };
}
