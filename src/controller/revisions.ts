/**
 * Sources as they were last, so that a lost clone can be made again while its original is gone: ControllerRevisions owned by the RSG,
 * as a StatefulSet keeps its own. Pure.
 */
import {createHash} from 'node:crypto';
import {canonical} from '../api/canonical.ts';
import {asObject, strings, type Json} from '../api/json.ts';
import {ANNOTATIONS, LABELS, labelValue} from '../api/labels.ts';
import {apiVersionOf, type KubeObject, type ResourceType} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import type {Workload} from '../api/workload.ts';
import {ownerOf, sourceName} from './clone.ts';
import {withReplicas} from './parking.ts';

export const CONTROLLER_REVISION: ResourceType = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
};

/** Of each source; the one before the last helps a person who has to go back. */
const KEPT = 2;

/** `replicas` is what clones get, which differs from the spec while the original is parked. */
export function revisionOf(rsg: Rsg, {type, object, replicas}: Workload & {readonly replicas: number}, number: number): KubeObject {
  const {name, namespace = '', labels = {}, annotations = {}} = object.metadata;
  const data = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {name, namespace, labels: withoutOurs(labels), annotations: withoutOurs(annotations)},
    spec: withReplicas({type, object}, replicas)['spec'],
  };
  const source = sourceName(object);
  // With the uid: a revision of an RSG of the same name that was deleted may still wait for the garbage collector.
  const hash = createHash('sha256')
    .update(`${rsg.metadata.uid}\n${source}\n${canonical(data)}`)
    .digest('hex')
    .slice(0, 16);
  return {
    apiVersion: apiVersionOf(CONTROLLER_REVISION),
    kind: CONTROLLER_REVISION.kind,
    metadata: {
      name: `${rsg.metadata.name}-${hash}`,
      namespace: rsg.metadata.namespace,
      labels: {[LABELS.name]: labelValue(rsg.metadata.name), [LABELS.sourceOf]: labelValue(rsg.metadata.uid)},
      annotations: {[ANNOTATIONS.source]: source},
      ownerReferences: [ownerOf(rsg)],
    },
    // In base64, since data is immutable byte for byte: the garbage collector's strategic merge patch writes keys in another order and
    // `<` as \u003c, and an orphaning delete of the RSG would wait for it for ever.
    data: {source: Buffer.from(canonical(data)).toString('base64')},
    revision: number,
  };
}

function withoutOurs(values: Readonly<Record<string, string>>): Record<string, string> {
  const ours = new Set<string>([...Object.values(LABELS), ...Object.values(ANNOTATIONS)]);
  return Object.fromEntries(Object.entries(values).filter(([key]) => !ours.has(key)));
}

export function sourceOfRevision({metadata}: KubeObject): string {
  return metadata.annotations?.[ANNOTATIONS.source] ?? '';
}

/** What `revisionOf` stored: apiVersion, kind, metadata and spec. */
export function formOfRevision(revision: KubeObject): Json {
  const {source} = asObject(revision['data']);
  try {
    return asObject(JSON.parse(Buffer.from(typeof source === 'string' ? source : '', 'base64').toString()));
  } catch {
    return {};
  }
}

/** The source as it was last; undefined when it was never remembered. */
export function lastGood(revisions: readonly KubeObject[], source: string): KubeObject | undefined {
  const [newest] = newestFirst(revisions.filter((one) => sourceOfRevision(one) === source));
  if (newest === undefined) return undefined;
  const {apiVersion, kind, metadata, spec} = formOfRevision(newest);
  const {name, namespace, labels, annotations} = asObject(metadata);
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string' || typeof namespace !== 'string')
    return undefined;
  return {apiVersion, kind, metadata: {name, namespace, labels: strings(labels), annotations: strings(annotations)}, spec};
}

export const numberOf = (revision: KubeObject): number => (typeof revision['revision'] === 'number' ? revision['revision'] : 0);

export function newestFirst(revisions: readonly KubeObject[]): readonly KubeObject[] {
  return [...revisions].sort((a, b) => numberOf(b) - numberOf(a));
}

/** Those that nobody needs: beyond the newest two of a source, and all of a source that `needed` does not name. */
export function superfluous(revisions: readonly KubeObject[], needed: ReadonlySet<string>): readonly KubeObject[] {
  const bySource = Map.groupBy(newestFirst(revisions), sourceOfRevision);
  return [...bySource].flatMap(([source, all]) => (needed.has(source) ? all.slice(KEPT) : all));
}
