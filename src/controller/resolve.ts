/** From what `targetResources` says to live objects, and the places (kind and namespace) in which objects of an RSG can be. */
import {apiVersionOf, type KubeObject, type ResourceType} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {asObject} from '../api/json.ts';
import type {Discovery} from '../kube/discovery.ts';
import {withDeclaration} from '../kube/kind-declarations.ts';
import type {Store} from '../kube/store.ts';
import type {Lookup} from '../kube/watches.ts';
import type {Target} from './model.ts';
import {formOfRevision, lastGood} from './revisions.ts';
import {kindProblem, objectProblem, roleOf, type Rules, type TargetSpec} from './targets.ts';

export interface Place {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly store: Store;
}

export interface ResolveDeps {
  readonly watches: Pick<Lookup, 'need'>;
  readonly discovery: Discovery;
  readonly rules: Rules;
  readonly rsgs: Pick<Store, 'byUid'>;
}

interface Context {
  /** `namespace/name` of the RSG, as the watches know it. */
  readonly key: string;
  readonly revisions: readonly KubeObject[];
}

export async function resolveTargets(rsg: Rsg, context: Context, deps: ResolveDeps): Promise<{targets: Target[]; places: Place[]}> {
  const places = new Map<string, Place>();
  const targets: Target[] = [];
  const seen = new Set<string>();
  for (const spec of rsg.spec.group.targetResources) {
    const {target, place} = await resolve(rsg, {...context, spec}, deps);
    if (place !== undefined) places.set(placeKey(place), place);
    const name = `${target.kind}/${target.namespace}/${target.name}`;
    const message = `target ${target.kind}/${target.name} is named twice in targetResources`;
    targets.push(place !== undefined && seen.has(name) ? {...target, problem: {reason: 'TargetDuplicate', message}} : target);
    seen.add(name);
  }
  for (const place of await formerPlaces(rsg, context, deps)) places.set(placeKey(place), place);
  return {targets: distinctRoles(targets), places: [...places.values()]};
}

const placeKey = ({type, namespace}: Place): string => `${type.plural}.${type.group} ${namespace}`;

async function resolve(
  rsg: Rsg,
  {key, revisions, spec}: Context & {readonly spec: TargetSpec},
  {watches, discovery, rules, rsgs}: ResolveDeps,
): Promise<{target: Target; place?: Place}> {
  const namespace = spec.namespace ?? rsg.metadata.namespace;
  const base = {namespace, name: spec.name, kind: spec.kind};
  const type = declared(await discovery.resolve(spec.version, spec.kind), rules);
  const unusable = kindProblem(rsg, spec, type, rules);
  if (type === undefined || unusable !== undefined) {
    return {target: {...base, role: roleOf(spec, undefined), ...(unusable === undefined ? {} : {problem: unusable})}};
  }
  const store = await watches.need(key, {type, namespace});
  const object = store.get(namespace, spec.name);
  const problem = objectProblem(rsg, `${type.kind}/${spec.name}`, object, (uid) => nameOf(rsgs.byUid(uid)));
  const target = {
    ...base,
    kind: type.kind,
    type,
    // While it is gone its labels still say what it was.
    role: roleOf(spec, object ?? lastGood(revisions, `${type.kind}/${namespace}/${spec.name}`)),
    ...(object === undefined ? {} : {object}),
    ...(problem === undefined ? {} : {problem}),
  };
  return {target, place: {type, namespace, store}};
}

/** Where workloads were that are no longer targets: their clones have to go, and their claims. */
async function formerPlaces(rsg: Rsg, {key, revisions}: Context, {watches, discovery, rules}: ResolveDeps): Promise<Place[]> {
  const places: Place[] = [];
  for (const revision of revisions) {
    const {apiVersion, kind, metadata} = formOfRevision(revision);
    const {name, namespace} = asObject(metadata);
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string' || typeof namespace !== 'string') continue;
    const type = declared(await discovery.resolve(apiVersion, kind), rules);
    if (type === undefined || kindProblem(rsg, {name, kind, namespace, version: apiVersionOf(type)}, type, rules) !== undefined) continue;
    places.push({type, namespace, store: await watches.need(key, {type, namespace})});
  }
  return places;
}

const declared = (type: ResourceType | undefined, {declaredKinds}: Rules): ResourceType | undefined =>
  type === undefined ? undefined : withDeclaration(type, declaredKinds);

const nameOf = (rsg: KubeObject | undefined): string | undefined =>
  rsg === undefined ? undefined : `${rsg.metadata.namespace ?? ''}/${rsg.metadata.name}`;

/** Roles are part of a clone's selector: two targets that read the same are told apart by number. */
function distinctRoles(targets: readonly Target[]): Target[] {
  const used = new Map<string, number>();
  return targets.map((target) => {
    const count = (used.get(target.role) ?? 0) + 1;
    used.set(target.role, count);
    return count === 1 ? target : {...target, role: `${target.role}-${String(count)}`};
  });
}
