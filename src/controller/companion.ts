/**
 * A companion's clone: the Service or ConfigMap of one group. A Service's clone selects what its original selects, and of that only the
 * pods of its group: RSG labels are added to the selector, and template labels stay in clones. Originals are never written: the original
 * Service goes on selecting every group's pods, so that what came in by it still does, and it is what group 0 uses. Pure.
 */
import {createHash} from 'node:crypto';
import {canonical, sameJson} from '../api/canonical.ts';
import {asObject, strings} from '../api/json.ts';
import {ANNOTATIONS, LABELS} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import type {Workload} from '../api/workload.ts';
import {copiedMetadata, memberLabels, ownerOf, sourceName} from './clone.ts';
import {companionName, groupNames} from './group-names.ts';
import {rewriteText} from './host-names.ts';
import {rewriteData, rewriteSelector, type Ambiguity, type GroupNames} from './references.ts';

export type CompanionSpec = Rsg['spec']['companions'][number];

export interface CompanionForm {
  readonly object: KubeObject;
  readonly ambiguous: readonly Ambiguity[];
}

interface Given {
  readonly spec: CompanionSpec;
  readonly original: KubeObject;
  /** The originals of the group. */
  readonly members: readonly Workload[];
}

/** Its hash is that of the form which the originals' own group would have, so it is the same for every group. */
export function companionFor(rsg: Rsg, given: Given, group: string): CompanionForm {
  const base = contentOf(rsg, given, rsg.spec.group.groupID);
  const hash = createHash('sha256').update(canonical(base.content)).digest('hex').slice(0, 16);
  const {content, ambiguous} = contentOf(rsg, given, group);
  const {original, spec} = given;
  const {labels, annotations} = copiedMetadata(original);
  const object = {
    apiVersion: 'v1',
    kind: spec.kind,
    metadata: {
      name: companionName(spec, group),
      namespace: rsg.metadata.namespace,
      labels: {...labels, ...groupLabels(rsg, group)},
      annotations: {...annotations, [ANNOTATIONS.source]: sourceName({...original, kind: spec.kind}), [ANNOTATIONS.sourceHash]: hash},
      ownerReferences: [ownerOf(rsg)],
    },
    ...content,
  };
  return {object, ambiguous};
}

function groupLabels(rsg: Rsg, group: string): Readonly<Record<string, string>> {
  const {[LABELS.role]: _role, ...labels} = memberLabels(rsg, group, '');
  return labels;
}

function contentOf(rsg: Rsg, {spec, original, members}: Given, group: string): {content: object; ambiguous: readonly Ambiguity[]} {
  const names = groupNames(rsg, members, {group, home: rsg.metadata.namespace});
  if (spec.kind === 'Service')
    return {content: {spec: serviceSpec(original, {members, names, labels: groupLabels(rsg, group)})}, ambiguous: []};
  const {data, ambiguous} = rewriteData(original['data'], names);
  const {binaryData, immutable} = original;
  return {
    content: {
      ...(original['data'] === undefined ? {} : {data}),
      ...(binaryData === undefined ? {} : {binaryData}),
      ...(immutable === undefined ? {} : {immutable}),
    },
    ambiguous,
  };
}

/** What the API server assigns, and addresses that only one Service can have. */
const ASSIGNED = new Set(['clusterIP', 'clusterIPs', 'healthCheckNodePort', 'loadBalancerIP', 'externalIPs']);

interface ServiceContext {
  readonly members: readonly Workload[];
  readonly names: GroupNames;
  readonly labels: Readonly<Record<string, string>>;
}

function serviceSpec(original: KubeObject, {members, names, labels}: ServiceContext): object {
  const spec = asObject(original['spec']);
  const {ports, selector, externalName, ...rest} = Object.fromEntries(Object.entries(spec).filter(([key]) => !ASSIGNED.has(key)));
  const headless = spec['clusterIP'] === 'None' ? {clusterIP: 'None'} : {};
  return {
    ...rest,
    ...headless,
    ...(Array.isArray(ports) ? {ports: ports.map(withoutNodePort)} : {}),
    ...(selector === undefined ? {} : {selector: {...rewriteSelector(strings(selector), members, names), ...labels}}),
    ...(typeof externalName === 'string' ? {externalName: rewriteText(externalName, 'host', names).text} : {}),
  };
}

function withoutNodePort(port: unknown): object {
  const {nodePort: _assigned, ...rest} = asObject(port);
  return rest;
}

/** Why a Service cannot be a companion; undefined when it can. */
export function companionProblem(original: KubeObject): string | undefined {
  if (original.kind !== 'Service') return undefined;
  const {selector, type} = asObject(original['spec']);
  if (type === 'ExternalName' || Object.keys(asObject(selector)).length > 0) return undefined;
  return 'it has no selector, so a clone of it would have no endpoints';
}

/** Where a stored clone differs from its wanted form; what the API server adds or assigns does not count. */
export function companionDrift(stored: KubeObject, wanted: KubeObject): boolean {
  const content = ({kind, spec, data, binaryData, immutable}: KubeObject): object => {
    if (kind !== 'Service') return {data: data ?? {}, binaryData, immutable};
    const {ports, ...rest} = Object.fromEntries(
      Object.entries(asObject(spec)).filter(([key, value]) => !ASSIGNED.has(key) && value !== undefined),
    );
    return {...rest, ports: Array.isArray(ports) ? ports.map(withoutNodePort) : []};
  };
  const {labels = {}, annotations = {}} = wanted.metadata;
  const keeps = (have: Readonly<Record<string, string>> = {}, want: Readonly<Record<string, string>>): boolean =>
    Object.entries(want).every(([key, value]) => have[key] === value);
  return (
    !sameJson(content({...stored, kind: wanted.kind}), content(wanted)) ||
    !keeps(stored.metadata.labels, labels) ||
    !keeps(stored.metadata.annotations, annotations)
  );
}
