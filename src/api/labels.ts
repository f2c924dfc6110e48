/** Names that RSG writes into the cluster: its API group, labels, annotations and finalizer. */
import {createHash} from 'node:crypto';

export const GROUP = 'resourcescalinggroup.com';
export const VERSION = 'v1';
export const KIND = 'ResourceScalingGroup';
export const PLURAL = 'resourcescalinggroups';
export const RSG_TYPE = {group: GROUP, version: VERSION, kind: KIND, plural: PLURAL, namespaced: true} as const;

export const LABELS = {
  name: `${GROUP}/name`,
  group: `${GROUP}/group`,
  role: `${GROUP}/role`,
  rsgUid: `${GROUP}/rsg-uid`,
  /** On live pods of a group that is being drained. */
  state: `${GROUP}/state`,
  /**
   * On originals: the uid of the RSG that bound them. A label, since an annotation moves a Deployment's generation (deployment/strategy.go,
   * PrepareForUpdate) and is copied to its ReplicaSets.
   */
  claimedBy: `${GROUP}/claimed-by`,
  /**
   * On ControllerRevisions that hold sources: the uid of the RSG. Not `rsg-uid`, which a StatefulSet clone's own revisions carry, copied
   * from its template.
   */
  sourceOf: `${GROUP}/source-of`,
  /** On at most one pod per group: what the scale selector matches. */
  representative: `${GROUP}/representative`,
  /** On APIServices that are ours: `true` asks for the adapter's CA in their `caBundle`. One without it is never touched. */
  injectCa: `${GROUP}/inject-ca`,
} as const;

export const ANNOTATIONS = {
  /** On clones: `Kind/namespace/name` of the original. */
  source: `${GROUP}/source`,
  sourceHash: `${GROUP}/source-hash`,
  /** On clones: keys of the labels and annotations that came from the original, so that one taken off there goes here too. */
  copied: `${GROUP}/copied`,
  groupCreated: `${GROUP}/group-created`,
  /** On parked originals: the replicas to restore. */
  parkedReplicas: `${GROUP}/parked-replicas`,
  /** On originals that are parked by their scale subresource, meanwhile: the replicas to restore. */
  parking: `${GROUP}/parking`,
  /** On parked originals: how often something else has scaled them up. */
  parkContests: `${GROUP}/park-contests`,
  /** On the RSG, by its author: names, comma-separated, that are plain words where they stand alone in a member's strings. */
  plainWords: `${GROUP}/plain-words`,
  /** On the RSG: the groups being removed, as JSON. */
  removing: `${GROUP}/removing`,
} as const;

export const FINALIZER = `${GROUP}/cleanup`;

const MAX_LABEL_VALUE = 63;

/** A value that fits a label: one over 63 characters is cut and hashed, so that different values stay different. */
export function labelValue(value: string): string {
  if (value.length <= MAX_LABEL_VALUE) return value;
  const hash = createHash('sha256').update(value).digest('hex').slice(0, 8);
  return `${value.slice(0, MAX_LABEL_VALUE - 9).replace(/[^A-Za-z0-9]+$/u, '')}-${hash}`;
}
