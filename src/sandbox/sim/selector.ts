/** Label selectors of workloads, as their specs hold them. Pure. */
import {z} from 'zod';
import {fromObject, matchesLabels} from '../selectors/label-selector.ts';

const requirement = z.object({
  key: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: z.array(z.string()).default([]),
});

export const selectorSchema = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z.array(requirement).default([]),
});
export type Selector = z.output<typeof selectorSchema>;

/** An empty selector matches nothing: workloads do not take it for everything. */
export function matches(selector: Selector, labels: Readonly<Record<string, string>> = {}): boolean {
  const requirements = fromObject({...selector});
  return requirements.length > 0 && matchesLabels(requirements, labels);
}
