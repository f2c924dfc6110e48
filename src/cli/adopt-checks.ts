/** What speaks for and against putting running workloads under one RSG. Pure. */
import {asObject, strings} from '../api/json.ts';
import type {KubeObject} from '../api/objects.ts';
import {declarationOf, losesVolumesWhenParked, replicasOf, type Workload} from '../api/workload.ts';
import type {Autoscaler, Target} from '../controller/model.ts';

export interface Check {
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
}

export function adoptChecks(targets: readonly Target[], autoscalers: readonly Autoscaler[]): Check[] {
  const errors = targets.flatMap(({problem}): Check[] => (problem === undefined ? [] : [{level: 'error', message: problem.message}]));
  const workloads = targets.flatMap(({type, object}) =>
    // A kind that cannot be read has its error already.
    type === undefined || object === undefined || declarationOf(type) === undefined ? [] : [{type, object}],
  );
  const found = targets.flatMap(({object}) => object ?? []);
  return [
    ...errors,
    ...found.flatMap((object) => ofAutoscalers(object, autoscalers)),
    ...found.flatMap(ofOwner),
    ...workloads.flatMap(ofVolumes),
    ...workloads.flatMap(ofReplicas),
    ...ofRoles(targets),
  ];
}

const nameOf = ({kind, metadata}: KubeObject): string => `${kind}/${metadata.name}`;

function ofAutoscalers(object: KubeObject, autoscalers: readonly Autoscaler[]): Check[] {
  return autoscalers
    .filter(
      ({targetKind, targetName, namespace}) =>
        targetKind === object.kind && targetName === object.metadata.name && namespace === object.metadata.namespace,
    )
    .map(({kind, name}) => ({
      level: 'warning',
      message: `${kind} ${name} scales ${nameOf(object)}: no group is created while it does. Delete it, and point an autoscaler at the RSG (docs/guides/moving.md)`,
    }));
}

/** Tools that write a workload again and again, by what they leave on it. */
const OWNERS: readonly (readonly [string, RegExp])[] = [
  ['Argo CD', /^argocd\.argoproj\.io\/(tracking-id|instance)$/u],
  ['Flux', /^(kustomize|helm)\.toolkit\.fluxcd\.io\/name$/u],
];

function ofOwner(object: KubeObject): Check[] {
  const {labels = {}, annotations = {}} = object.metadata;
  const keys = [...Object.keys(labels), ...Object.keys(annotations)];
  const owner = OWNERS.find(([, key]) => keys.some((one) => key.test(one)))?.[0];
  if (owner !== undefined) {
    const message = `${owner} manages ${nameOf(object)}, and would undo parking: let it ignore spec.replicas (docs/guides/gitops.md), or set scaleIn.originPolicy: Keep`;
    return [{level: 'warning', message}];
  }
  if (labels['app.kubernetes.io/managed-by'] !== 'Helm') return [];
  return [
    {
      level: 'note',
      message: `Helm manages ${nameOf(object)}: an upgrade that sets spec.replicas undoes parking, which the RSG then repeats`,
    },
  ];
}

function ofVolumes(workload: Workload): Check[] {
  const {object} = workload;
  const spec = asObject(object['spec']);
  const checks: Check[] = [];
  const claims = spec['volumeClaimTemplates'];
  if (losesVolumesWhenParked(workload)) {
    const message = `${nameOf(object)} has persistentVolumeClaimRetentionPolicy.whenScaled Delete: group 0 is never parked, since that would destroy its volumes`;
    checks.push({level: 'warning', message});
  }
  if (Array.isArray(claims) && claims.length > 0)
    checks.push({
      level: 'note',
      message: `each clone of ${nameOf(object)} gets volumes of its own, deleted with it unless scaleIn.keepVolumes is set`,
    });
  const volumes = asObject(asObject(spec['template'])['spec'])['volumes'];
  const shared = (Array.isArray(volumes) ? volumes : []).flatMap(
    (one) => strings(asObject(one)['persistentVolumeClaim'])['claimName'] ?? [],
  );
  for (const claim of new Set(shared))
    checks.push({
      level: 'warning',
      message: `${nameOf(object)} mounts the claim ${claim}, and so will its clones: unless it is ReadWriteMany or ReadOnlyMany their pods stay Pending on other nodes`,
    });
  return checks;
}

function ofReplicas(workload: Workload): Check[] {
  const {object} = workload;
  if (replicasOf(workload) > 0) return [];
  return [{level: 'warning', message: `${nameOf(object)} has 0 replicas, and so would every group: scale it up first`}];
}

/** Roles that were not told apart by name or labels. */
function ofRoles(targets: readonly Target[]): Check[] {
  const roles = targets.map(({role}) => role);
  const list = targets.map(({kind, name, role}) => `${kind}/${name} is ${role}`).join(', ');
  const vague = targets.length > 1 && (new Set(roles).size < roles.length || roles.every((role) => role === 'other'));
  return [
    {level: vague ? 'warning' : 'note', message: vague ? `roles are not clear: ${list}. Set role in targetResources` : `roles: ${list}`},
  ];
}
