/** Conditions with the standard fields: `lastTransitionTime` moves only when the status does. */
import type {Condition} from './schema.ts';

export const CONDITIONS = [
  'Available',
  'Progressing',
  'TargetsBound',
  'Synced',
  'ScaleInHeld',
  'AutoscalerConflict',
  'OriginContested',
  'SyncContested',
  'MetricsAvailable',
  'Paused',
] as const;
export type ConditionType = (typeof CONDITIONS)[number];

export interface ConditionInput {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

const MAX_MESSAGE = 1024;

/** The new list, in the order of `CONDITIONS`. `now` is RFC 3339. */
export function withConditions(
  before: readonly Condition[],
  inputs: readonly ConditionInput[],
  stamp: {now: string; generation: number},
): Condition[] {
  const result = new Map<string, Condition>();
  for (const input of inputs) {
    const old = before.find((condition) => condition.type === input.type);
    const since = old?.status === input.status ? old.lastTransitionTime : stamp.now;
    const message = input.message.length > MAX_MESSAGE ? `${input.message.slice(0, MAX_MESSAGE - 1)}…` : input.message;
    result.set(input.type, {...input, message, lastTransitionTime: since, observedGeneration: stamp.generation});
  }
  return CONDITIONS.flatMap((type) => result.get(type) ?? []);
}
