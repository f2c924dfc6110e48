/** Companions of the groups: made before their members, kept like their originals, and removed when nothing of their group is left. Pure. */
import {LABELS} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import {ambiguitiesOf} from './clone.ts';
import {companionDrift, companionFor, companionProblem, type CompanionForm, type CompanionSpec} from './companion.ts';
import {companionName} from './group-names.ts';
import {again, type Draft} from './draft.ts';
import type {Companions, CompanionWrite, Snapshot} from './model.ts';
import type {Problem} from './targets.ts';
import type {Ambiguity} from './references.ts';

/** Why no group can be made although every target is there. */
export function companionProblems({snapshot}: Draft): readonly Problem[] {
  const {rsg, companions, targets} = snapshot;
  const missing = companions.originals.flatMap(({spec, object}): Problem[] => {
    const name = `companion ${spec.kind}/${spec.name}`;
    const unusable = object === undefined ? undefined : companionProblem({...object, kind: spec.kind});
    if (object === undefined) return [{reason: 'CompanionNotFound', message: `${name} does not exist: create it, or correct companions`}];
    return unusable === undefined ? [] : [{reason: 'CompanionUnusable', message: `${name} cannot be a companion: ${unusable}`}];
  });
  const siblings = siblingsOf(snapshot);
  const inMembers = targets.flatMap(({type, object, role, problem}): Problem[] => {
    if (type === undefined || object === undefined || problem !== undefined) return [];
    return ambiguitiesOf(rsg, {type, object, role, siblings}).map((one) => ambiguous(`${type.kind}/${object.metadata.name}`, one));
  });
  const inCompanions = companions.originals.flatMap(({spec, object}) => {
    if (object === undefined) return [];
    const {ambiguous: found} = companionFor(rsg, {spec, original: object, members: siblings}, rsg.spec.group.groupID);
    return found.map((one) => ambiguous(`${spec.kind}/${spec.name}`, one));
  });
  return [...missing, ...inMembers, ...inCompanions];
}

const MAX_TEXT = 120;

function ambiguous(where: string, {field, text, name}: Ambiguity): Problem {
  const shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  const message = `${where}: ${name} in ${field} (${JSON.stringify(shown)}) may or may not name what each group has of its own; write a host name with its port or namespace, or list a plain word in the annotation resourcescalinggroup.com/plain-words of the RSG`;
  return {reason: 'AmbiguousReference', message};
}

function siblingsOf({targets}: Snapshot): Parameters<typeof companionFor>[1]['members'] {
  return targets.flatMap(({type, object}) => (type === undefined || object === undefined ? [] : [{type, object}]));
}

/** Groups that count keep theirs; the companions of one that is being drained serve it as they are. */
export function keepCompanions(draft: Draft): void {
  if (draft.blocked !== undefined || draft.view.rsg.spec.sync.mode === 'Paused') return;
  const leaving = new Set([...draft.pending, ...draft.removing.map(({group}) => group)]);
  const making = new Set(draft.actions.flatMap((action) => (action.do === 'create' ? action.groups.map(({id}) => id) : [])));
  const kept = draft.view.existing.map(({id}) => id).filter((id) => !leaving.has(id) && !making.has(id));
  writeCompanions(draft, kept);
}

/** What has to be written for these groups before their members are; nothing for those that have it. */
export function writeCompanions(draft: Draft, ids: readonly string[]): void {
  const writes = ids.filter((id) => id !== draft.view.originId).flatMap((id) => writesFor(draft, id));
  if (writes.length === 0) return;
  draft.actions.push({do: 'companions', write: writes, remove: []});
  draft.plan.push(`write ${writes.map(({object}) => `${object.kind}/${object.metadata.name}`).join(', ')}`);
}

function writesFor(draft: Draft, group: string): CompanionWrite[] {
  const {companions} = draft.snapshot;
  return companions.originals.flatMap(({spec, type, object: original}): CompanionWrite[] => {
    if (original === undefined) return [];
    const stored = storedFor(companions, spec, group);
    const {object} = wantedOf(draft, {spec, original}, group);
    if (stored?.metadata.deletionTimestamp !== undefined || (stored !== undefined && !companionDrift(stored, object))) return [];
    const refusal = draft.snapshot.refusals.get(`${spec.kind}/${object.metadata.name}`);
    if (refusal !== undefined && refusal.retryAt > draft.now) {
      again(draft, refusal.retryAt - draft.now);
      return [];
    }
    return [{type, object, group, ...(stored === undefined ? {} : {stored})}];
  });
}

function wantedOf({snapshot}: Draft, {spec, original}: {spec: CompanionSpec; original: KubeObject}, group: string): CompanionForm {
  return companionFor(snapshot.rsg, {spec, original, members: siblingsOf(snapshot)}, group);
}

function storedFor({clones}: Companions, spec: CompanionSpec, group: string): KubeObject | undefined {
  return clones.find(({type, object}) => type.kind === spec.kind && object.metadata.name === companionName(spec, group))?.object;
}

/** Of groups of which nothing is left, and, once every member has the form without it, what is no longer a companion. */
export function removeCompanions(draft: Draft): void {
  const {snapshot, view} = draft;
  const {companions, rsg} = snapshot;
  const settled = [...draft.compared.values()].every(({state}) => state === 'InSync');
  const needed = new Set([
    ...draft.pending,
    ...view.groups.filter((one) => one.clones.length + one.terminating.length > 0).map(({id}) => id),
  ]);
  const remove = companions.clones.filter(({type, object}) => {
    const group = object.metadata.labels?.[LABELS.group] ?? '';
    if (object.metadata.deletionTimestamp !== undefined) return false;
    if (!needed.has(group)) return true;
    return settled && !rsg.spec.companions.some((spec) => spec.kind === type.kind && companionName(spec, group) === object.metadata.name);
  });
  if (remove.length === 0) return;
  draft.actions.push({do: 'companions', write: [], remove});
  draft.plan.push(`remove ${remove.map(({type, object}) => `${type.kind}/${object.metadata.name}`).join(', ')}`);
}
