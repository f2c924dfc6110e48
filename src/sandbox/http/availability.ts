/**
 * Whether aggregated APIs can be used: the condition `Available` of each APIService, looked at when it or a Service changes and again every
 * few seconds, as the real aggregator does.
 */
import {isDeepStrictEqual} from 'node:util';
import {asObject, asObjects} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {timestamp, type Clock} from '../../runtime/clock.ts';
import {isApiError} from '../api-error.ts';
import type {ObjectStore} from '../object-store.ts';
import {API_SERVICE, SERVICE} from '../resource-types.ts';
import type {Aggregation} from './aggregation.ts';
import type {Problem} from './backend.ts';

interface Deps {
  readonly store: ObjectStore;
  readonly aggregation: Pick<Aggregation, 'problem'>;
  readonly clock: Clock;
}

const EVERY_MS = 5000;

/** Runs until the signal aborts. */
export function watchAvailability({store, aggregation, clock}: Deps, signal: AbortSignal): void {
  const look = async (uid: string): Promise<void> => {
    const find = (): KubeObject | undefined => store.list(API_SERVICE).find(({metadata}) => metadata.uid === uid);
    const service = find();
    if (service === undefined) return;
    const problem = await aggregation.problem(service);
    const now = find();
    if (signal.aborted || now === undefined) return;
    try {
      report(now, problem, {store, clock});
    } catch (error) {
      // Somebody else has written it meanwhile, which is another change to look at.
      if (!isApiError(error)) throw error;
    }
  };
  const lookAtAll = async (): Promise<void> => {
    await Promise.all(store.list(API_SERVICE).map(({metadata}) => look(metadata.uid ?? '')));
  };
  const unsubscribe = store.onChange(({type, resource, object, before}) => {
    if (resource.kind === API_SERVICE.kind && resource.group === API_SERVICE.group) {
      const isNews = type !== 'DELETED' && !isDeepStrictEqual(object['spec'], before?.['spec']);
      if (isNews) void look(object.metadata.uid ?? '');
    } else if (resource.kind === SERVICE.kind && resource.group === '') void lookAtAll();
  });
  signal.addEventListener('abort', unsubscribe);
  void (async () => {
    while (!signal.aborted) {
      await clock.sleep(EVERY_MS, signal);
      await lookAtAll();
    }
  })();
}

function report(service: KubeObject, problem: Problem | undefined, {store, clock}: Pick<Deps, 'store' | 'clock'>): void {
  const status = problem === undefined ? 'True' : 'False';
  const {reason, message} = problem ?? {reason: 'Passed', message: 'all checks passed'};
  const before = asObjects(asObject(service['status'])['conditions']).find(({type}) => type === 'Available');
  const lastTransitionTime = before?.['status'] === status ? before['lastTransitionTime'] : timestamp(clock.now());
  const conditions = [{type: 'Available', status, lastTransitionTime, reason, message}];
  store.update(API_SERVICE, {...service, status: {conditions}}, {subresource: 'status'});
}
