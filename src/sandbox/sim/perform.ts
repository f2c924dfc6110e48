/** Performs the writes that a simulated controller asks for. */
import type {KubeObject} from '../../api/objects.ts';
import type {Clock} from '../../runtime/clock.ts';
import {timestamp} from '../../runtime/clock.ts';
import type {Random} from '../../runtime/random.ts';
import type {ObjectStore} from '../object-store.ts';
import {EVENT} from '../resource-types.ts';
import {randomSuffix} from './hash.ts';
import type {Told, Write} from './write.ts';

export interface PerformDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Events are forgotten after a while, as a real API server forgets them after an hour. */
const MOST_EVENTS = 1000;

export interface Performer {
  /** In order. Throws the ApiError of the first that is refused. */
  perform(writes: readonly Write[], component: string): void;
}

export function createPerformer({store, clock, random}: PerformDeps): Performer {
  const events: KubeObject[] = [];

  const tell = ({object, type, reason, message}: Told, component: string): void => {
    const {name, namespace = 'default', uid, resourceVersion} = object.metadata;
    const at = timestamp(clock.now());
    const event = store.create(EVENT, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {name: `${name}.${randomSuffix(random)}${randomSuffix(random)}`, namespace},
      involvedObject: {apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion},
      ...{type, reason, message, count: 1},
      firstTimestamp: at,
      lastTimestamp: at,
      source: {component},
      reportingComponent: component,
      reportingInstance: '',
    });
    events.push(event);
    const oldest = events.length > MOST_EVENTS ? events.shift() : undefined;
    if (oldest !== undefined && store.get(EVENT, oldest.metadata.namespace, oldest.metadata.name) !== undefined) {
      store.delete(EVENT, {namespace: oldest.metadata.namespace, name: oldest.metadata.name});
    }
  };

  const one = (write: Write, component: string): void => {
    if (write.do === 'event') {
      tell(write, component);
      return;
    }
    const {type, object} = write;
    const {namespace, name, uid = ''} = object.metadata;
    switch (write.do) {
      case 'create':
        store.create(type, object);
        return;
      case 'update':
        store.update(type, object);
        return;
      case 'status':
        store.update(type, object, {subresource: 'status'});
        return;
      case 'delete':
        store.delete(type, {namespace, name}, {uid, propagation: 'Background'});
        return;
      case 'remove':
        store.delete(type, {namespace, name}, {uid, gracePeriodSeconds: 0});
        return;
    }
  };
  return {
    perform: (writes, component) => {
      for (const write of writes) one(write, component);
    },
  };
}
