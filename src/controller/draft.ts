/** What one run of `decide` gathers: the steps add to it in order, `status.ts` makes the status of it. */
import type {ConditionInput} from '../api/conditions.ts';
import {timestamp} from '../runtime/clock.ts';
import {firstIndex} from './group-id.ts';
import type {Action, Notice, Removal, Snapshot} from './model.ts';
import type {Compared} from './sync.ts';
import type {Problem} from './targets.ts';
import {viewOf, type View} from './view.ts';

/**
 * Groups that are being made at a time, and being removed. Both are written down by name, in status and in an annotation, and an object has
 * a size that it must not pass. Making them takes time, too, in which other RSGs wait. The rest follows as these are done.
 */
export const MAX_MADE_AT_ONCE = 100;
export const MAX_REMOVED_AT_ONCE = 500;

export interface Scaling {
  /** When, if not now: RFC 3339. */
  readonly at?: string;
  readonly from: number;
  readonly to: number;
  readonly added?: string[];
  readonly removed?: string[];
  readonly reason: string;
}

export interface Draft {
  readonly snapshot: Snapshot;
  readonly view: View;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly actions: Action[];
  readonly notices: Notice[];
  readonly conditions: Map<ConditionInput['type'], ConditionInput>;
  readonly scalings: Scaling[];
  /** Sentences of the plan, in the order in which things will happen. */
  readonly plan: string[];
  /** Clones of groups that count, beside their sources; by uid. */
  readonly compared: Map<string, Compared>;
  /** Why groups that exist cannot get back what they have lost. */
  readonly nameTaken: string[];
  /** Why no member may be made or changed, although every target is there. */
  blocked: Problem | undefined;
  /** Groups to ask how many requests they hold. */
  readonly probes: Set<string>;
  pending: string[];
  nextIndex: number;
  removing: Removal[];
  /** Pending IDs or the next index must be written down before anything is created. */
  reserve: boolean;
  dueAt: number | undefined;
}

export function draftOf(snapshot: Snapshot, now: number): Draft {
  const view = viewOf(snapshot);
  const {status} = snapshot.rsg;
  const highest = Math.max(snapshot.highestVolumeIndex, ...view.groups.map((group) => group.index));
  return {
    snapshot,
    view,
    now,
    actions: [],
    notices: [],
    conditions: new Map(),
    scalings: [],
    plan: [],
    compared: new Map(),
    nameTaken: [],
    blocked: undefined,
    probes: new Set(),
    pending: view.groups.filter((group) => group.pending).map((group) => group.id),
    // A restored backup has objects but no status.
    nextIndex: Math.max(firstIndex(view.originId), status.nextGroupIndex ?? 0, highest + 1),
    removing: [...view.removals],
    reserve: false,
    dueAt: undefined,
  };
}

export function condition(draft: Draft, input: ConditionInput): void {
  draft.conditions.set(input.type, input);
}

/** Asks to decide again in `ms` milliseconds; the earliest wish wins. */
export function again(draft: Draft, ms: number): void {
  const at = draft.now + Math.max(ms, 0);
  draft.dueAt = Math.min(draft.dueAt ?? at, at);
}

export function stamp(draft: Draft): string {
  return timestamp(draft.now);
}

/** Milliseconds that a removed group may take to finish its requests: by default 300 s where metrics can tell when it has, else none. */
export function drainTimeoutMs({rsg}: View): number {
  return (rsg.spec.scaleIn.drain.timeoutSeconds ?? (rsg.spec.metrics === undefined ? 0 : 300)) * 1000;
}
