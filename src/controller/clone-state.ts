/**
 * How a clone stands to its source. It is in sync while it carries the source's hash, its generation is the one recorded after our last
 * write, and our metadata is there: so what the API server defaults and webhooks add never looks like drift. Pure.
 */
import {z} from 'zod';
import {ANNOTATIONS} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {replicasOf} from '../api/workload.ts';
import {cloneMetadata, makeClone} from './clone.ts';
import {keepIgnored} from './json-pointer.ts';
import type {Clone, Finding, Snapshot} from './model.ts';
import type {Source} from './view.ts';

export interface CloneState {
  /** `Unchecked`: only a dry-run can tell whether it differs. */
  readonly state: 'InSync' | 'Unchecked' | 'Drifted' | 'Outdated';
  /** Where it differs, for `Drifted`. */
  readonly fields: readonly string[];
  readonly finding: Finding | undefined;
}

export interface Pairing {
  readonly clone: Clone;
  readonly source: Source;
  /** Another autoscaler targets this clone, whose count is then left alone. */
  readonly scaledByOther: boolean;
}

const copiedSchema = z.object({labels: z.array(z.string()), annotations: z.array(z.string())});

export function stateOf({rsg, findings}: Snapshot, pairing: Pairing): CloneState {
  const {clone, source} = pairing;
  const {uid = '', generation = 0, annotations = {}} = clone.object.metadata;
  const known = findings.get(uid);
  const finding = known?.generation === generation && known.hash === source.hash ? known : undefined;
  if (annotations[ANNOTATIONS.sourceHash] !== source.hash) return {state: 'Outdated', fields: [], finding};
  const drift = [...metadataDrift(clone.object, wantedMetadata(rsg, pairing)), ...countDrift(rsg, pairing)];
  if (drift.length > 0) return {state: 'Drifted', fields: drift, finding};
  if (finding !== undefined) return {state: finding.fields.length === 0 ? 'InSync' : 'Drifted', fields: finding.fields, finding};
  return {state: generation === recordedGeneration(rsg, clone) ? 'InSync' : 'Unchecked', fields: [], finding};
}

/** A count that another autoscaler set stays after it has gone, at a generation that was found to be in sync then. */
function countDrift({spec}: Rsg, {clone, source, scaledByOther}: Pairing): readonly string[] {
  const ignored = scaledByOther || spec.sync.ignore.some((pointer) => pointer === '/spec' || pointer === '/spec/replicas');
  return ignored || replicasOf(clone) === source.replicas ? [] : ['spec.replicas'];
}

/** The generation that status recorded after our last write; undefined after a death in between. */
export function recordedGeneration({status}: Rsg, {group, object}: Pick<Clone, 'group' | 'object'>): number | undefined {
  const members = status.groups?.find(({id}) => id === group)?.members;
  const {namespace, name} = object.metadata;
  return members?.find((one) => one.kind === object.kind && one.name === name && one.namespace === namespace)?.generation;
}

/** What is stored with everything of ours as it should be: the spec in full, of metadata our own and the copied keys. */
export function wantedForm(rsg: Rsg, pairing: Pairing): KubeObject {
  const {clone, source, scaledByOther} = pairing;
  const {spec} = makeClone(rsg, source, {group: clone.group, replicas: source.replicas, hash: source.hash});
  const wanted = {...wantedMetadata(rsg, pairing), spec};
  return keepIgnored(wanted, clone.object, scaledByOther ? [...rsg.spec.sync.ignore, '/spec/replicas'] : rsg.spec.sync.ignore);
}

function wantedMetadata(rsg: Rsg, {clone: {object, group}, source}: Pairing): KubeObject {
  const ours = cloneMetadata(rsg, source, {group, hash: source.hash});
  const {labels = {}, annotations = {}, ownerReferences = []} = object.metadata;
  const copied = copiedKeys(annotations);
  const others = ownerReferences.filter((owner) => owner.uid !== rsg.metadata.uid);
  const wanted = {
    ...object,
    metadata: {
      ...object.metadata,
      labels: {...without(labels, copied.labels), ...ours.labels},
      annotations: {...without(annotations, copied.annotations), ...ours.annotations},
      ...(ours.ownerReferences === undefined ? {} : {ownerReferences: [...ours.ownerReferences, ...others]}),
    },
  };
  return keepIgnored(wanted, object, rsg.spec.sync.ignore);
}

function copiedKeys(annotations: Readonly<Record<string, string>>): z.output<typeof copiedSchema> {
  try {
    return copiedSchema.parse(JSON.parse(annotations[ANNOTATIONS.copied] ?? ''));
  } catch {
    return {labels: [], annotations: []};
  }
}

function without(values: Readonly<Record<string, string>>, keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
}

/** Metadata moves no generation (a Deployment's annotations do), so it is compared here. */
function metadataDrift(stored: KubeObject, wanted: KubeObject): readonly string[] {
  const keys = (['labels', 'annotations'] as const).flatMap((kind) => {
    const [have, want] = [stored.metadata[kind] ?? {}, wanted.metadata[kind] ?? {}];
    return [...new Set([...Object.keys(have), ...Object.keys(want)])]
      .filter((key) => have[key] !== want[key])
      .map((key) => `metadata.${kind}[${key}]`);
  });
  const owners = wanted.metadata.ownerReferences ?? [];
  const disowned = owners.some(({uid}) => !(stored.metadata.ownerReferences ?? []).some((one) => one.uid === uid));
  return disowned ? [...keys, 'metadata.ownerReferences'] : keys;
}
