/** A StatefulSet's revisions: its templates, each kept in a ControllerRevision, the newest being what pods are updated to. Pure. */
import {sameJson} from '../../../api/canonical.ts';
import {asObject} from '../../../api/json.ts';
import type {KubeObject} from '../../../api/objects.ts';
import {CONTROLLER_REVISION} from '../../resource-types.ts';
import {hashOf} from '../hash.ts';
import {templateSchema, type StatefulSet, type Template} from '../workload-schema.ts';
import {controllerReference, type Write} from '../write.ts';

export const REVISION_LABEL = 'controller-revision-hash';
const HASH_LABEL = 'controller.kubernetes.io/hash';

export interface Revisions {
  readonly updateName: string;
  readonly currentName: string;
  readonly update: Template;
  /** What pods that are not to be updated yet are made from. */
  readonly current: Template;
  readonly writes: readonly Write[];
}

/** `owned`: the set's own ones. */
export function revisionsOf(set: StatefulSet, owned: readonly KubeObject[]): Revisions {
  const newest = Math.max(0, ...owned.map(numberOf));
  const found = owned.find((revision) => sameJson(templateOf(revision), set.spec.template));
  const name = found?.metadata.name ?? `${set.object.metadata.name}-${hashOf(set.spec.template)}`;
  const currentName = set.status.currentRevision ?? name;
  const current = owned.find((revision) => revision.metadata.name === currentName);
  return {
    updateName: name,
    currentName,
    update: set.spec.template,
    current: current === undefined ? set.spec.template : templateOf(current),
    writes: revisionWrites(set, {found, name, newest}),
  };
}

/** A template that is wanted again becomes the newest revision. */
function revisionWrites(
  set: StatefulSet,
  {found, name, newest}: {readonly found: KubeObject | undefined; readonly name: string; readonly newest: number},
): Write[] {
  if (found === undefined) return [{do: 'create', type: CONTROLLER_REVISION, object: newRevision(set, name, newest + 1)}];
  if (numberOf(found) === newest) return [];
  return [{do: 'update', type: CONTROLLER_REVISION, object: {...found, revision: newest + 1}}];
}

function newRevision(set: StatefulSet, name: string, revision: number): KubeObject {
  const {metadata} = set.object;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : {namespace: metadata.namespace}),
      labels: {...set.spec.template.metadata.labels, [HASH_LABEL]: name.slice(metadata.name.length + 1)},
      ownerReferences: [controllerReference(set.object)],
    },
    data: {spec: {template: {...set.spec.template, $patch: 'replace'}}},
    revision,
  };
}

function numberOf(revision: KubeObject): number {
  return Number(revision['revision'] ?? 0);
}

function templateOf(revision: KubeObject): Template {
  const {$patch: _patch, ...template} = asObject(asObject(asObject(revision['data'])['spec'])['template']);
  return templateSchema.parse(template);
}

/** Revisions that no pod has any more, beyond the history that is kept, oldest first. */
export function surplusRevisions(set: StatefulSet, owned: readonly KubeObject[], live: ReadonlySet<string>): Write[] {
  const unused = owned.filter((revision) => !live.has(revision.metadata.name)).sort((a, b) => numberOf(a) - numberOf(b));
  return unused
    .slice(0, Math.max(0, unused.length - set.spec.revisionHistoryLimit))
    .map((object) => ({do: 'delete', type: CONTROLLER_REVISION, object}));
}
