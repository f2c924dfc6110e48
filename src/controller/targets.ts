/** Finds the workloads that `targetResources` names, and says in a user's words why one cannot be used. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import {LABELS} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import {declarationOf} from '../api/workload.ts';
import {kindName, type WorkloadKind} from '../api/workload-kind.ts';
import {isClaimedBy} from './view.ts';

export type TargetSpec = Rsg['spec']['group']['targetResources'][number];

export interface Rules {
  /** Kinds that may be targets: `Deployment.apps`. The RSG acts with the controller's rights, so its author does not choose. */
  readonly targetKinds: readonly string[];
  /** Kinds that the operator declared, which may be targets as well. */
  readonly declaredKinds: readonly WorkloadKind[];
  /** Namespaces other than an RSG's own in which its targets may be. */
  readonly crossNamespaces: readonly string[];
}

export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** Without a role of its own, a target is what its name or labels say: prefill or decode, else other. */
export function roleOf(target: TargetSpec, object: KubeObject | undefined): string {
  if (target.role !== undefined) return target.role;
  const said = [target.name, ...Object.values(object?.metadata.labels ?? {})];
  return ['prefill', 'decode'].find((role) => said.some((text) => text.toLowerCase().includes(role))) ?? 'other';
}

/** Why this kind or namespace may not be used, before anything of it is read. */
export function kindProblem(rsg: Rsg, target: TargetSpec, type: ResourceType | undefined, rules: Rules): Problem | undefined {
  const namespace = target.namespace ?? rsg.metadata.namespace;
  const name = `target ${target.kind}/${target.name}`;
  if (namespace !== rsg.metadata.namespace && !rules.crossNamespaces.includes(namespace)) {
    const message = `${name}: namespace ${namespace} is not allowed; start the controller with --allow-cross-namespace ${namespace}, or create the RSG there`;
    return {reason: 'NamespaceNotAllowed', message};
  }
  if (type === undefined) {
    const message = `${name}: the API server serves no kind ${target.kind} in ${target.version}; kubectl api-resources lists what it serves`;
    return {reason: 'KindNotServed', message};
  }
  const kind = kindName(type);
  if (declarationOf(type) === undefined) {
    const message = `${name}: RSG does not know how kind ${kind} is read and scaled; declare its paths in the file of the controller's --kind-declarations`;
    return {reason: 'KindNotDeclared', message};
  }
  if (rules.targetKinds.includes(kind) || rules.declaredKinds.some((one) => kindName(one) === kind)) return undefined;
  return {
    reason: 'KindNotAllowed',
    message: `${name}: kind ${kind} is not allowed; the controller's --target-kinds are ${rules.targetKinds.join(', ')}`,
  };
}

/** Why this object cannot be bound. `holder` answers `namespace/name` of the RSG with a uid, if it exists. */
export function objectProblem(
  rsg: Rsg,
  name: string,
  object: KubeObject | undefined,
  holder: (uid: string) => string | undefined,
): Problem | undefined {
  if (object === undefined)
    return {reason: 'TargetNotFound', message: `target ${name} does not exist: create it, or correct targetResources`};
  const {labels, ownerReferences, deletionTimestamp} = object.metadata;
  if (deletionTimestamp !== undefined) return {reason: 'TargetNotFound', message: `target ${name} is being deleted`};
  if (labels?.[LABELS.rsgUid] !== undefined)
    return {reason: 'TargetIsClone', message: `target ${name} is a clone made by an RSG: name the original`};
  const owner = ownerReferences?.find((one) => one.controller === true);
  if (owner !== undefined) {
    return {
      reason: 'TargetOwned',
      message: `target ${name} is controlled by ${owner.kind}/${owner.name}, which would undo every change: name that one`,
    };
  }
  const uid = labels?.[LABELS.claimedBy];
  const other = uid === undefined || isClaimedBy(rsg, object) ? undefined : holder(uid);
  if (other === undefined) return undefined;
  return {reason: 'TargetClaimed', message: `target ${name} already belongs to RSG ${other}: take it off there first`};
}
