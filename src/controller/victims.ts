/** Which groups go next: `sortedGroupList` from its start, then `scaleIn.whenListEnds`, group 0 last. Pure. */
import type {Rsg} from '../api/schema.ts';

export interface Candidate {
  readonly id: string;
  readonly origin: boolean;
  readonly index: number;
  readonly available: boolean;
}

export interface ListReport {
  readonly unknown: readonly string[];
  readonly duplicates: readonly string[];
}

type Order = Rsg['spec']['scaleIn']['whenListEnds'];

const newestFirst = (a: Candidate, b: Candidate): number => b.index - a.index;
const ORDERS: Readonly<Record<Exclude<Order, 'Hold'>, (a: Candidate, b: Candidate) => number>> = {
  NotReadyFirst: (a, b) => Number(a.available) - Number(b.available) || newestFirst(a, b),
  // In-flight counts come with the metrics adapter; without them the order is NotReadyFirst, and the plan says so.
  LeastLoaded: (a, b) => Number(a.available) - Number(b.available) || newestFirst(a, b),
  Newest: newestFirst,
  Oldest: (a, b) => a.index - b.index,
};

/** Existing groups in the order of removal. With `Hold` only listed groups appear. */
export function removalOrder(candidates: readonly Candidate[], list: readonly string[], order: Order): readonly Candidate[] {
  const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  const listed = [...new Set(list)].flatMap((id) => byId.get(id) ?? []);
  if (order === 'Hold') return listed;
  const rest = candidates.filter((candidate) => !listed.includes(candidate));
  const sorted = rest.filter((candidate) => !candidate.origin).sort(ORDERS[order]);
  return [...listed, ...sorted, ...rest.filter((candidate) => candidate.origin)];
}

/** Entries of the list that name no known group, and repeats, each once. */
export function reportList(known: ReadonlySet<string>, list: readonly string[]): ListReport {
  const duplicates = list.filter((id, at) => list.indexOf(id) !== at);
  return {unknown: [...new Set(list.filter((id) => !known.has(id)))], duplicates: [...new Set(duplicates)]};
}
