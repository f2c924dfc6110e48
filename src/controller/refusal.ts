/** Refusals that only show after the workload was made: quota and admission refuse its pods, not itself. */
import type {Clone, Snapshot} from './model.ts';
import {podsOf, replicaFailure, replicasOf} from '../api/workload.ts';

/** A refusal that lasts so long counts as a failed create. */
const LASTS_MS = 10_000;
/** Events outlive what they tell of: one not repeated for so long is over. */
const STALE_MS = 30_000;

/** The refuser's words, and in how many milliseconds the refusal has lasted long enough (0: it has). */
export function podRefusal(
  clones: readonly Clone[],
  failedCreates: Snapshot['failedCreates'],
  now: number,
): {message: string; inMs: number} | undefined {
  for (const clone of clones) {
    const {object} = clone;
    const condition = replicaFailure(object);
    const told = failedCreates.get(object.metadata.uid ?? '');
    const event = told !== undefined && podsOf(clone) < replicasOf(clone) && now - told.last < STALE_MS ? told : undefined;
    const found = condition === undefined ? event : {message: condition.message, since: Date.parse(condition.since)};
    if (found !== undefined) return {message: found.message, inMs: Math.max(0, found.since + LASTS_MS - now)};
  }
  return undefined;
}
