/** Events as a reader wants them: what they are about, how often, how long ago. Pure but for the one list. */
import {asObject, strings} from '../api/json.ts';
import type {KubeObject} from '../api/objects.ts';
import type {KubeClient} from '../kube/client.ts';
import {EVENT} from '../kube/events.ts';
import {isKubeError} from '../kube/errors.ts';

export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** RFC 3339, of its last occurrence. */
  readonly last: string;
  /** `Kind/name`. */
  readonly about: string;
  /** Of what it is about; empty where the event does not say. */
  readonly uid: string;
}

/** Newest first. Empty where events may not be read. */
export async function eventsOf(client: KubeClient, namespace: string, signal: AbortSignal): Promise<SeenEvent[]> {
  try {
    const {items} = await client.list({type: EVENT, namespace}, signal);
    return items.map(seen).sort((a, b) => b.last.localeCompare(a.last));
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return [];
    throw error;
  }
}

/** Of the old API (`lastTimestamp`, `count`) or the new (`eventTime`, `series`). */
function seen(event: KubeObject): SeenEvent {
  const {type = '', reason = '', message = '', lastTimestamp, eventTime} = strings(event);
  const about = strings(event['involvedObject']);
  const series = asObject(event['series']);
  const count = [event['count'], series['count']].find((value) => typeof value === 'number');
  const last = strings(series)['lastObservedTime'] ?? lastTimestamp ?? eventTime ?? event.metadata.creationTimestamp ?? '';
  return {type, reason, message, count: count ?? 1, last, about: `${about['kind'] ?? ''}/${about['name'] ?? ''}`, uid: about['uid'] ?? ''};
}
