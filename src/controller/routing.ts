/**
 * Which RSGs a change can matter to. A namespace may hold a thousand of them, and each of their pods changes several times: looking at all
 * of them each time would take longer than the next change. What cannot be told apart goes to everyone who reads such objects.
 */
import type {KubeObject} from '../api/objects.ts';
import {LABELS} from '../api/labels.ts';
import {ownersOf, type RoutingDeps} from '../kube/routing.ts';
import type {WatchedChange} from '../kube/watches.ts';

/** Around the members: each of them may say something about any RSG of the namespace, such as an HPA or a Service of somebody. */
const SURROUNDINGS: ReadonlySet<string> = new Set(['Service', 'HorizontalPodAutoscaler', 'ScaledObject', 'ConfigMap', 'Event']);
/** Below the members: they matter to no one but whose they are. */
const BELOW: ReadonlySet<string> = new Set(['Pod', 'ReplicaSet', 'ControllerRevision']);

/** Answers keys, `namespace/name`. */
export function concerned({type, now, before, ...change}: WatchedChange, deps: RoutingDeps): ReadonlySet<string> {
  const keys = new Set([now, before].flatMap((object) => (object === undefined ? [] : ownersOf(object, change.namespace, deps))));
  if (SURROUNDINGS.has(type.kind)) return keys.size > 0 && isOurs(now ?? before) ? keys : change.users;
  // A workload that comes or goes may take or free a name that some group needs.
  const isNameNews = now === undefined || before === undefined;
  return keys.size === 0 && isNameNews && !BELOW.has(type.kind) ? change.users : keys;
}

/** A companion, made by an RSG for one of its groups. */
function isOurs(object: KubeObject | undefined): boolean {
  return object?.metadata.labels?.[LABELS.rsgUid] !== undefined;
}
