/**
 * Which RSGs a change can matter to, here: whose pod it is, whose representative, and who looks at it as demand in front of its groups. All
 * RSGs of a namespace read the same pods; waking all of them at each change would be quadratic.
 */
import type {KubeObject} from '../api/objects.ts';
import {asObject, strings} from '../api/json.ts';
import {LABELS} from '../api/labels.ts';
import {keyOf, ownersOf, type RoutingDeps} from '../kube/routing.ts';
import type {Indexer} from '../kube/store.ts';
import type {WatchedChange} from '../kube/watches.ts';

/** Index of RSGs with a source of demand, by their namespace. */
export const BY_DEMAND = 'demand';

export const demandIndexer: Indexer = (rsg) => (demandOf(rsg) === undefined ? [] : [rsg.metadata.namespace ?? '']);

/** Answers keys, `namespace/name`. `deps.rsgs` is indexed by `BY_TARGET` and `BY_DEMAND`. */
export function concerned({now, before, namespace, users}: WatchedChange, deps: RoutingDeps): ReadonlySet<string> {
  const seen = [now, before].flatMap((object) => object ?? []);
  const owners = seen.flatMap((object) => ownersOf(object, namespace, deps));
  const represented = seen.flatMap(({metadata}) => metadata.labels?.[LABELS.representative] ?? []).map((name) => keyOf(namespace, name));
  const watching = deps.rsgs
    .by(BY_DEMAND, namespace)
    .filter((rsg) => seen.some((object) => mayBeInFront(object, {demand: demandOf(rsg) ?? {}, isMember: owners.length > 0})))
    .map(({metadata}) => keyOf(metadata.namespace, metadata.name));
  return new Set([...owners, ...represented, ...watching].filter((key) => users.has(key)));
}

interface Front {
  readonly demand: Readonly<Record<string, unknown>>;
  readonly isMember: boolean;
}

/** A pod is known by its labels, or behind a Service by its slices; one that comes after its slice cannot be told, unless it is a member. */
function mayBeInFront({kind, metadata: {labels = {}}}: KubeObject, {demand: {service, podSelector}, isMember}: Front): boolean {
  if (kind === 'EndpointSlice') return labels['kubernetes.io/service-name'] === service;
  if (kind !== 'Pod') return false;
  if (podSelector === undefined) return !isMember;
  return Object.entries(strings(podSelector)).every(([label, value]) => labels[label] === value);
}

function demandOf(rsg: KubeObject): Readonly<Record<string, unknown>> | undefined {
  const {demand} = asObject(asObject(rsg['spec'])['metrics']);
  return demand === undefined ? undefined : asObject(demand);
}
