/**
 * Makes a clone of an original: the same spec under a new name and a selector of RSG labels only, so that the original and its
 * clones never fight over pods, while Services that found the original's pods find the clones'.
 */
import {createHash} from 'node:crypto';
import type {KubeObject, ObjectMeta, OwnerReference} from '../api/objects.ts';
import {ANNOTATIONS, KIND, LABELS, labelValue} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import {canonical} from '../api/canonical.ts';
import {keepIgnored} from './json-pointer.ts';
import {asObject, strings} from '../api/json.ts';
import {changePath, valueAt} from '../api/path.ts';
import {kindOf, type Workload} from '../api/workload.ts';
import {cloneName} from './clone-name.ts';
import {groupNames} from './group-names.ts';
import {withReplicas} from './parking.ts';
import {rewriteMember, type Ambiguity} from './references.ts';

const FOREIGN_LABELS = [
  /^resourcescalinggroup\.com\//u,
  /^app\.kubernetes\.io\/managed-by$/u,
  /^app\.kubernetes\.io\/instance$/u,
  /^argocd\.argoproj\.io\//u,
  /^helm\.sh\//u,
  /(^|\.)toolkit\.fluxcd\.io\//u,
  /^(config\.)?(kustomize|k8s)\.io\/(owning-inventory|inventory)/u,
  /^(scaledobject\.|autoscaling\.)?keda\.sh\//u,
];
const FOREIGN_ANNOTATIONS = [
  ...FOREIGN_LABELS,
  /^meta\.helm\.sh\//u,
  /^deployment\.kubernetes\.io\//u,
  /^kubectl\.kubernetes\.io\/last-applied-configuration$/u,
];

/** The labels that name a member; they are the whole selector of a clone. */
export function memberLabels(rsg: Rsg, group: string, role: string): Readonly<Record<string, string>> {
  return {
    [LABELS.name]: labelValue(rsg.metadata.name),
    [LABELS.group]: labelValue(group),
    [LABELS.role]: labelValue(role),
    [LABELS.rsgUid]: labelValue(rsg.metadata.uid),
  };
}

function without(values: Readonly<Record<string, string>>, patterns: readonly RegExp[]): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !patterns.some((pattern) => pattern.test(key))));
}

/** What of an original's metadata its clones get. */
export function copiedMetadata(source: KubeObject): {labels: Record<string, string>; annotations: Record<string, string>} {
  return {
    labels: without(source.metadata.labels ?? {}, FOREIGN_LABELS),
    annotations: without(source.metadata.annotations ?? {}, FOREIGN_ANNOTATIONS),
  };
}

interface Member extends Workload {
  readonly role: string;
  /** The originals of the whole group: what it says of them reads differently in a clone. */
  readonly siblings: readonly Workload[];
}

/**
 * A hash over all of an original that reaches its clones: the wanted form under the originals' own group ID, so that it is the same for
 * every group. Key order, and what `sync.ignore` names, do not matter.
 */
export function sourceHash(rsg: Rsg, source: Member, replicas: number): string {
  const {metadata, spec} = keepIgnored(formOf(rsg, source, {group: rsg.spec.group.groupID, replicas}), undefined, rsg.spec.sync.ignore);
  const {labels, annotations} = metadata;
  return createHash('sha256').update(canonical({labels, annotations, spec})).digest('hex').slice(0, 16);
}

/** What a clone is made as: `hash` is the source's, `replicas` its count, which differs from its spec while it is parked. */
export interface CloneAs {
  readonly group: string;
  readonly replicas: number;
  readonly hash: string;
}

/** Strings of the source that may or may not name what each group has of its own. */
export function ambiguitiesOf(rsg: Rsg, source: Member): readonly Ambiguity[] {
  return referring(source.object, {rsg, source, group: rsg.spec.group.groupID}).ambiguous;
}

function referring(form: KubeObject, {rsg, source, group}: {rsg: Rsg; source: Member; group: string}): ReturnType<typeof rewriteMember> {
  const home = source.object.metadata.namespace ?? rsg.metadata.namespace;
  return rewriteMember(form, source, groupNames(rsg, source.siblings, {group, home}));
}

/** The clone of `source` for a group. */
export function makeClone(rsg: Rsg, source: Member, as: CloneAs): KubeObject {
  return {...formOf(rsg, source, as), metadata: cloneMetadata(rsg, source, as)};
}

/** Name, labels, annotations and owner of a clone. */
export function cloneMetadata(rsg: Rsg, source: Member, {group, hash}: Omit<CloneAs, 'replicas'>): ObjectMeta {
  const metadata = metadataOf(rsg, source, group);
  return {...metadata, annotations: {...metadata.annotations, [ANNOTATIONS.sourceHash]: hash}};
}

function metadataOf(rsg: Rsg, member: Member, group: string): ObjectMeta {
  const {object, role} = member;
  const {labels, annotations} = copiedMetadata(object);
  const copied = {labels: Object.keys(labels).sort(), annotations: Object.keys(annotations).sort()};
  return {
    name: cloneName(object.metadata.name, group, kindOf(member).maxNameLength),
    namespace: object.metadata.namespace ?? rsg.metadata.namespace,
    labels: {...labels, ...memberLabels(rsg, group, role)},
    annotations: {...annotations, [ANNOTATIONS.source]: sourceName(object), [ANNOTATIONS.copied]: JSON.stringify(copied)},
    // An owner in another namespace is no owner: the garbage collector would delete the clone.
    ...(object.metadata.namespace === rsg.metadata.namespace ? {ownerReferences: [ownerOf(rsg)]} : {}),
  };
}

function formOf(rsg: Rsg, source: Member, {group, replicas}: {readonly group: string; readonly replicas: number}): KubeObject {
  const {selector, templates, volumeClaims, volumeRetention} = kindOf(source);
  const ours = memberLabels(rsg, group, source.role);
  let form = withReplicas(source, replicas);
  if (selector !== undefined) form = changePath(form, selector, () => ({matchLabels: ours}));
  for (const {path} of templates) form = changePath(form, path, ({value}) => (value === undefined ? undefined : labelled(value, ours)));
  const volumes = volumeClaims !== undefined && Array.isArray(valueAt(form, volumeClaims)) && !rsg.spec.scaleIn.keepVolumes;
  if (volumes && volumeRetention !== undefined) {
    form = changePath(form, volumeRetention, ({value}) => ({...asObject(value), whenDeleted: 'Delete'}));
  }
  const {apiVersion, kind, spec} = referring(form, {rsg, source, group}).object;
  return {apiVersion, kind, metadata: metadataOf(rsg, source, group), spec};
}

function labelled(template: unknown, ours: Readonly<Record<string, string>>): object {
  const {metadata, ...rest} = asObject(template);
  const {labels, ...others} = asObject(metadata);
  return {...rest, metadata: {...others, labels: {...strings(labels), ...ours}}};
}

/** It does not block the owner's deletion: that waits for our finalizer, and blocking takes a right that admission learns of late. */
export function ownerOf({apiVersion, metadata}: Rsg): OwnerReference {
  return {apiVersion, kind: KIND, name: metadata.name, uid: metadata.uid, controller: true};
}

/** `Kind/namespace/name`, as the annotation `source` of clones holds it. */
export function sourceName(object: KubeObject): string {
  return `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
