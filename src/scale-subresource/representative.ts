/**
 * The pods that stand for groups in the scale selector: at most one per group, a Ready one. HPA multiplies its ratio by the number of
 * pods that the selector matches (`replica_calculator.go`: `GetResourceReplicas`, `getReadyPodsCount`), so one per group makes it count
 * groups; with only unready ones it would scale to its minimum, with none it reports an error and holds.
 */
export interface Candidate {
  readonly group: string;
  readonly role: string;
  readonly namespace: string;
  readonly name: string;
  readonly ready: boolean;
  /** RFC 3339. */
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Carries the label now. */
  readonly labelled: boolean;
}

export interface Wish {
  /** Where the HPA counts: pods elsewhere are never labelled. */
  readonly namespace: string;
  /** Roles in the order of preference. */
  readonly roles: readonly string[];
  /** Groups that count. */
  readonly groups: readonly string[];
  /** What other HPAs' targets select: a pod under two HPAs disables both (`AmbiguousSelector`). */
  readonly covered: readonly Readonly<Record<string, string>>[];
}

/** One candidate per group at most. All come from one role, the first that no other HPA covers; when all are covered there is none. */
export function chooseRepresentatives<T extends Candidate>(
  candidates: readonly T[],
  {namespace, roles, groups, covered}: Wish,
): readonly T[] {
  const near = candidates.filter((one) => one.namespace === namespace && groups.includes(one.group));
  const isCovered = (one: T): boolean => covered.some((selector) => matches(selector, one.labels));
  const role = roles.find((name) => !near.some((one) => one.role === name && isCovered(one)));
  return groups.flatMap((group) => {
    const ready = near.filter((one) => one.group === group && one.role === role && one.ready);
    return ready.sort(byStanding)[0] ?? [];
  });
}

/** The one that has the label keeps it; else the oldest. */
function byStanding(a: Candidate, b: Candidate): number {
  return Number(b.labelled) - Number(a.labelled) || order(a.created, b.created) || order(a.name, b.name);
}

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** An empty selector matches nothing here: no HPA target has one. */
export function matches(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}
