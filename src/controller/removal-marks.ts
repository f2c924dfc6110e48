/** The annotation `removing`: which groups go, in the order chosen. It is the decision's only memory, so it outlives the controller. */
import {z} from 'zod';
import {ANNOTATIONS} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import type {Removal} from './model.ts';

const marks = z.array(z.object({group: z.string(), since: z.string(), phase: z.enum(['Draining', 'Deleting'])}));

/** An annotation that somebody broke counts as empty: what it named is chosen again. */
export function removalsOf(rsg: Rsg): readonly Removal[] {
  const text = rsg.metadata.annotations?.[ANNOTATIONS.removing];
  if (text === undefined) return [];
  try {
    return marks.catch([]).parse(JSON.parse(text));
  } catch {
    return [];
  }
}

/** Null removes the annotation. */
export function removalsText(removals: readonly Removal[]): string | null {
  return removals.length === 0 ? null : JSON.stringify(removals);
}
