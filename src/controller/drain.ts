/**
 * When a victim has finished: its engines have reported no request twice, a scrape interval apart and not before it has been out of
 * traffic for a while, or its time is over. Unknown is not zero. Pure.
 */
import {again, drainTimeoutMs, type Draft} from './draft.ts';
import type {Removal} from './model.ts';
import {isInTraffic} from './pod-labels.ts';

/** Marks carry whole seconds, so the timeout may end up to a second late, never early. */
const MARK_MS = 1000;

export function drained(draft: Draft, removal: Removal): boolean {
  const timeoutMs = drainTimeoutMs(draft.view);
  if (removal.phase === 'Deleting' || timeoutMs === 0) return true;
  if (isIdle(draft, removal)) {
    draft.notices.push({type: 'Normal', reason: 'Drained', message: `${removal.group} holds no request any more`});
    return true;
  }
  const leftMs = Date.parse(removal.since) + MARK_MS + timeoutMs - draft.now;
  if (leftMs <= 0) {
    draft.notices.push({type: 'Normal', reason: 'DrainTimedOut', message: cutMessage(draft, removal, timeoutMs)});
    return true;
  }
  again(draft, leftMs);
  const advisory = removal.group === draft.view.originId ? ' (advisory: its Services keep its pods, whose labels the selector needs)' : '';
  draft.plan.push(`drain ${removal.group}${advisory}, then remove it`);
  return false;
}

/** From when on its zeros count, in milliseconds since the epoch; 0 for a group that is not drained. */
export function drainSince(removal: Pick<Removal, 'since'> | undefined): number {
  return removal === undefined ? 0 : Date.parse(removal.since) + MARK_MS;
}

/** Asks on, too, as long as it is not. */
function isIdle(draft: Draft, {group, since}: Removal): boolean {
  const {rsg, readings, readingIntervalMs} = draft.snapshot;
  if (readings === undefined || rsg.spec.metrics === undefined) return false;
  if (isInTraffic(draft, group)) return false;
  const began = drainSince({since});
  const settledAt = began + rsg.spec.scaleIn.drain.settleSeconds * 1000;
  const reading = readings.get(group);
  const idleSince = reading?.idleSince;
  // A row of zeros from an earlier drain, or from before this one, says nothing about what came since.
  if (reading !== undefined && idleSince !== undefined && idleSince >= began && reading.latest.at >= settledAt) {
    if (reading.latest.at - idleSince >= readingIntervalMs) return true;
  }
  const dueMs = reading === undefined ? 0 : reading.latest.at + readingIntervalMs - draft.now;
  if (dueMs <= 0) draft.probes.add(group);
  again(draft, Math.max(dueMs, readingIntervalMs / 2));
  return false;
}

function cutMessage({snapshot}: Draft, {group}: Removal, timeoutMs: number): string {
  const latest = snapshot.readings?.get(group)?.latest;
  const drainedFor = `${group} was drained for ${String(timeoutMs / 1000)} s, its timeout`;
  if (latest?.requests !== undefined) return `${drainedFor}; ${String(latest.requests)} of its requests are cut`;
  return `${drainedFor}; how many of its requests are cut is unknown${latest?.unknown === undefined ? '' : `: ${latest.unknown}`}`;
}
