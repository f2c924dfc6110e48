/**
 * Kubernetes Events, the kind that `kubectl describe` lists. The same notice about the same object is one Event whose count grows, as
 * client-go does, and at most so often: events are for people.
 */
import {createHash} from 'node:crypto';
import {apiVersionOf, type KubeObject, type ResourceType} from '../api/objects.ts';
import {timestamp, type Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Log} from '../runtime/log.ts';
import type {KubeClient} from './client.ts';
import {isKubeError} from './errors.ts';

export const EVENT: ResourceType = {group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true};

export interface EventNotice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface EventRecorder {
  /** Never throws: an event that cannot be written is logged. */
  event(regarding: KubeObject, notice: EventNotice): Promise<void>;
}

const REPEAT_MS = 60_000;
const REMEMBERED = 1024;
const MAX_MESSAGE = 1024;

export function createEventRecorder(
  {component, instance}: {component: string; instance: string},
  {client, clock, log}: {client: KubeClient; clock: Clock; log: Log},
): EventRecorder {
  const known = new Map<string, {readonly name: string; count: number; at: number}>();

  const create = async (name: string, regarding: KubeObject, notice: EventNotice): Promise<void> => {
    const now = timestamp(clock.now());
    const {namespace = 'default', name: objectName, uid, resourceVersion} = regarding.metadata;
    const object = {
      apiVersion: apiVersionOf(EVENT),
      kind: 'Event',
      metadata: {name, namespace},
      involvedObject: {apiVersion: regarding.apiVersion, kind: regarding.kind, name: objectName, namespace, uid, resourceVersion},
      type: notice.type,
      reason: notice.reason,
      message: notice.message.slice(0, MAX_MESSAGE),
      source: {component},
      reportingComponent: component,
      reportingInstance: instance,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    await client.create(EVENT, object, {priority: 'background'});
  };

  /** False when it has expired, which Kubernetes' Events do after an hour. */
  const repeat = async (regarding: KubeObject, {name, count}: {name: string; count: number}): Promise<boolean> => {
    const ref = {type: EVENT, namespace: regarding.metadata.namespace ?? 'default', name};
    try {
      await client.patch(ref, {count, lastTimestamp: timestamp(clock.now())}, {priority: 'background'});
      return true;
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return false;
      throw error;
    }
  };

  return {
    event: async (regarding, notice) => {
      const key = JSON.stringify([regarding.metadata.uid, notice.type, notice.reason, notice.message]);
      const before = known.get(key);
      if (before !== undefined && clock.now() - before.at < REPEAT_MS) return;
      const hash = createHash('sha256')
        .update(`${key}${String(clock.now())}`)
        .digest('hex')
        .slice(0, 16);
      const entry = before ?? {name: `${regarding.metadata.name}.${hash}`, count: 0, at: 0};
      entry.count += 1;
      entry.at = clock.now();
      known.delete(key);
      known.set(key, entry);
      for (const oldest of known.keys()) {
        if (known.size <= REMEMBERED) break;
        known.delete(oldest);
      }
      try {
        if (entry.count > 1 && (await repeat(regarding, entry))) return;
        entry.count = 1;
        await create(entry.name, regarding, notice);
      } catch (error) {
        // Not written: the next notice of the kind starts anew.
        known.delete(key);
        log.warn({reason: notice.reason, error: messageOf(error)}, 'an event was not recorded');
      }
    },
  };
}
