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
  /** By what they say; the oldest first. */
  const events = new Map<string, KubeObject>();

  /** The same said again is counted on the event that said it first. */
  const again = (key: string, at: string): boolean => {
    const first = events.get(key);
    const stored = first === undefined ? undefined : store.get(EVENT, first.metadata.namespace, first.metadata.name);
    if (stored === undefined) return false;
    store.update(EVENT, {...stored, count: Number(stored['count'] ?? 1) + 1, lastTimestamp: at});
    return true;
  };
  const tell = ({object, type, reason, message, by}: Told, component: string): void => {
    const {name, namespace = 'default', uid = '', resourceVersion} = object.metadata;
    const at = timestamp(clock.now());
    const key = [uid, reason, message].join(' ');
    if (again(key, at)) return;
    const event = store.create(EVENT, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {name: `${name}.${randomSuffix(random)}${randomSuffix(random)}`, namespace},
      involvedObject: {apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion},
      ...{type, reason, message, count: 1},
      firstTimestamp: at,
      lastTimestamp: at,
      // Who speaks in events.k8s.io has no source.
      source: by === undefined ? {component} : {},
      reportingComponent: by ?? component,
      reportingInstance: '',
    });
    events.set(key, event);
    const [oldest] = events.size > MOST_EVENTS ? events : [];
    if (oldest !== undefined) forget(...oldest);
  };
  const forget = (key: string, {metadata: {namespace, name}}: KubeObject): void => {
    events.delete(key);
    if (store.get(EVENT, namespace, name) !== undefined) store.delete(EVENT, {namespace, name});
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
