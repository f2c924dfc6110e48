/** The pods and volume claims of a StatefulSet by ordinal: their names, how they are made, whose the claims are. Pure. */
import {sameJson} from '../../../api/canonical.ts';
import {asObjects} from '../../../api/json.ts';
import type {KubeObject, OwnerReference} from '../../../api/objects.ts';
import {PERSISTENT_VOLUME_CLAIM} from '../../resource-types.ts';
import {podFrom} from '../pod-template.ts';
import type {StatefulSet} from '../workload-schema.ts';
import {controllerReference, withMetadata, type Write} from '../write.ts';
import {REVISION_LABEL, type Revisions} from './revisions.ts';

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

/** undefined for a pod that has no name of this set. */
export function ordinalOf(set: StatefulSet, pod: KubeObject): number | undefined {
  const prefix = `${set.object.metadata.name}-`;
  const tail = pod.metadata.name.slice(prefix.length);
  return pod.metadata.name.startsWith(prefix) && /^(0|[1-9]\d*)$/u.test(tail) ? Number(tail) : undefined;
}

export function newMember(set: StatefulSet, ordinal: number, revisions: Revisions): KubeObject {
  const {metadata} = set.object;
  const {updateStrategy, ordinals} = set.spec;
  const old = updateStrategy.type === 'RollingUpdate' && ordinal < ordinals.start + updateStrategy.rollingUpdate.partition;
  const [template, revision] = old ? [revisions.current, revisions.currentName] : [revisions.update, revisions.updateName];
  const name = `${metadata.name}-${String(ordinal)}`;
  const pod = podFrom(template, {
    name,
    generateName: `${metadata.name}-`,
    ...(metadata.namespace === undefined ? {} : {namespace: metadata.namespace}),
    labels: {[POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: String(ordinal), [REVISION_LABEL]: revision},
    ownerReferences: [controllerReference(set.object)],
  });
  const claims = set.spec.volumeClaimTemplates.map(({metadata: {name: volume}}) => ({
    name: volume,
    persistentVolumeClaim: {claimName: `${volume}-${name}`},
  }));
  const others = asObjects(template.spec['volumes']);
  const volumes = claims.length === 0 ? {} : {volumes: [...others, ...claims]};
  return {...pod, spec: {...template.spec, hostname: name, subdomain: set.spec.serviceName, ...volumes}};
}

/** The claims of a pod that are not there yet. */
export function missingClaims(set: StatefulSet, podName: string, claims: readonly KubeObject[]): Write[] {
  return set.spec.volumeClaimTemplates.flatMap((template): Write[] => {
    const name = `${template.metadata.name}-${podName}`;
    if (claims.some((claim) => claim.metadata.name === name)) return [];
    const labels = {...template.metadata.labels, ...set.spec.selector.matchLabels};
    const {namespace} = set.object.metadata;
    const metadata = {name, labels, ...(namespace === undefined ? {} : {namespace})};
    const object = {apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: template.spec};
    return [{do: 'create', type: PERSISTENT_VOLUME_CLAIM, object}];
  });
}

/**
 * Claims follow the retention policy by their owner references (stateful_set_utils.go): deleted with the set when it is their owner, when
 * scaled down when a pod that is on its way out is.
 */
export function claimOwners(
  set: StatefulSet,
  {pod, condemned}: {pod: KubeObject; condemned: boolean},
  claims: readonly KubeObject[],
): Write[] {
  const {whenDeleted, whenScaled} = set.spec.persistentVolumeClaimRetentionPolicy;
  const names = new Set(set.spec.volumeClaimTemplates.map((template) => `${template.metadata.name}-${pod.metadata.name}`));
  const owner = (object: KubeObject): OwnerReference => {
    const {apiVersion, kind, name, uid} = controllerReference(object);
    return {apiVersion, kind, name, uid};
  };
  const wanted = whenScaled === 'Delete' && condemned ? [owner(pod)] : whenDeleted === 'Delete' && !condemned ? [owner(set.object)] : [];
  return claims
    .filter((claim) => names.has(claim.metadata.name))
    .filter((claim) => !sameJson(claim.metadata.ownerReferences ?? [], wanted))
    .map((claim) => ({do: 'update', type: PERSISTENT_VOLUME_CLAIM, object: withMetadata(claim, {ownerReferences: wanted})}));
}
