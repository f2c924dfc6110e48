/**
 * Parking: an original scaled to 0 that remembers its counts in an annotation (`4`, or `prefill=2,decode=4` for kinds with several).
 * A kind that is scaled only by its scale subresource is parked in steps, since annotation and count are then two writes: `parking`
 * announces it, and together with a count of 0 means parked as well. Pure.
 */
import {ANNOTATIONS} from '../api/labels.ts';
import {changePath, patchOf} from '../api/path.ts';
import {countsOf, kindOf, replicasOf, sumOf, type Counts, type Workload} from '../api/workload.ts';

/** After so many contests a parked original is left to whoever scales it up. */
export const MAX_CONTESTS = 3;

/** The counts that a parked original is restored to; undefined when it is not parked. */
export function parkedCountsOf(workload: Workload): Counts | undefined {
  const annotations = workload.object.metadata.annotations ?? {};
  const announced = replicasOf(workload) === 0 ? annotations[ANNOTATIONS.parking] : undefined;
  return parse(annotations[ANNOTATIONS.parkedReplicas] ?? announced);
}

function parse(text: string | undefined): Counts | undefined {
  if (text === undefined || !/^(\d{1,9}|[^=,]+=\d{1,9}(,[^=,]+=\d{1,9})*)$/u.test(text)) return undefined;
  return new Map(
    text.split(',').map((one): [string, number] => {
      const [last = '', ...rest] = one.split('=').reverse();
      return [rest.reverse().join('='), Number(last)];
    }),
  );
}

function textOf(counts: Counts): string {
  return [...counts].map(([key, value]) => (key === '' ? String(value) : `${key}=${String(value)}`)).join(',');
}

/** The replicas that a parked original is restored to, all together; undefined when it is not parked. */
export function parkedReplicasOf(workload: Workload): number | undefined {
  const counts = parkedCountsOf(workload);
  return counts === undefined ? undefined : sumOf(counts);
}

export function contestsOf({object}: Workload): number {
  return Number(object.metadata.annotations?.[ANNOTATIONS.parkContests] ?? '0') || 0;
}

export function isContested(workload: Workload): boolean {
  return parkedReplicasOf(workload) !== undefined && replicasOf(workload) > 0 && contestsOf(workload) >= MAX_CONTESTS;
}

/** What the annotation of an original that is parked now says. A count that something set meanwhile is the new one, the others stay. */
export function rememberedText(workload: Workload): string {
  const before = parkedCountsOf(workload);
  const counts = [...countsOf(workload)].map(([key, value]): [string, number] => [key, value === 0 ? (before?.get(key) ?? 0) : value]);
  return textOf(new Map(counts));
}

/**
 * `workload` with its counts set. A kind with one count gets `replicas`; one with several gets those it remembers while it is parked, and
 * keeps its own otherwise, since nothing but itself scales it.
 */
export function withReplicas(workload: Workload, replicas: number): Workload['object'] {
  const path = kindOf(workload).replicas;
  const remembered = parkedCountsOf(workload);
  if (!path.includes('[*]')) return changePath(workload.object, path, () => replicas);
  return changePath(workload.object, path, ({key}) => remembered?.get(key));
}

/** An original scaled to 0, or back to what it remembers. */
export function scaledTo(workload: Workload, replicas: number): Workload['object'] {
  return replicas === 0 ? changePath(workload.object, kindOf(workload).replicas, () => 0) : withReplicas(workload, replicas);
}

/** The merge patch that does the same. */
export function replicasPatch(workload: Workload, replicas: number): object {
  return patchOf(scaledTo(workload, replicas), kindOf(workload).replicas);
}
