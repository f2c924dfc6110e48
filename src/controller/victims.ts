/** Which groups go next: `sortedGroupList` from its start, then `scaleIn.whenListEnds`, group 0 last. Pure. */
import type {Rsg} from '../api/schema.ts';

export interface Candidate {
  readonly id: string;
  readonly origin: boolean;
  readonly index: number;
  readonly available: boolean;
  /** Requests that its engines hold; undefined when unknown. */
  readonly requests?: number | undefined;
}

export interface ListReport {
  readonly unknown: readonly string[];
  readonly duplicates: readonly string[];
}

type Order = Rsg['spec']['scaleIn']['whenListEnds'];

const newestFirst = (a: Candidate, b: Candidate): number => b.index - a.index;
const unreadyFirst = (a: Candidate, b: Candidate): number => Number(a.available) - Number(b.available);
const ORDERS: Readonly<Record<Exclude<Order, 'Hold'>, (a: Candidate, b: Candidate) => number>> = {
  NotReadyFirst: (a, b) => unreadyFirst(a, b) || newestFirst(a, b),
  // What is not available serves nobody, so it goes before whatever serves least.
  LeastLoaded: (a, b) => unreadyFirst(a, b) || (a.requests ?? 0) - (b.requests ?? 0) || newestFirst(a, b),
  Newest: newestFirst,
  Oldest: (a, b) => a.index - b.index,
};

/** Existing groups in the order of removal. With `Hold` only listed groups appear. */
export function removalOrder(candidates: readonly Candidate[], list: readonly string[], order: Order): readonly Candidate[] {
  const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  const listed = [...new Set(list)].flatMap((id) => byId.get(id) ?? []);
  if (order === 'Hold') return listed;
  const rest = candidates.filter((candidate) => !listed.includes(candidate));
  const sorted = rest.filter((candidate) => !candidate.origin).sort(ORDERS[loadKnown(rest) ? order : withoutLoad(order)]);
  return [...listed, ...sorted, ...rest.filter((candidate) => candidate.origin)];
}

/** Whether every group that serves has said how much: one that has not could be the busiest. */
export function loadKnown(candidates: readonly Candidate[]): boolean {
  return candidates.every((one) => one.origin || !one.available || one.requests !== undefined);
}

const withoutLoad = (order: Exclude<Order, 'Hold'>): Exclude<Order, 'Hold'> => (order === 'LeastLoaded' ? 'NotReadyFirst' : order);

/** Entries of the list that name no known group, and repeats, each once. */
export function reportList(known: ReadonlySet<string>, list: readonly string[]): ListReport {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  for (const id of list) (seen.has(id) ? duplicates : seen).add(id);
  return {unknown: [...seen].filter((id) => !known.has(id)), duplicates: [...duplicates]};
}
