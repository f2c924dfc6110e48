/**
 * Asks engines, beside the reconciling, how many requests the groups hold that a decision wants to know of: an engine that does not answer
 * must not keep an RSG waiting. What it learns lives in memory only.
 */
import type {KubeObject} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Clock} from '../runtime/clock.ts';
import type {GroupReadings, Probe, Reading} from './model.ts';

/** Running and waiting requests of these pods at this moment; `unknown` says why not all of them could be asked. */
export type InFlightProbe = (
  rsg: Rsg,
  pods: readonly {readonly role: string; readonly pod: KubeObject}[],
  signal: AbortSignal,
) => Promise<{readonly requests: number} | {readonly unknown: string}>;

export interface InFlight {
  of(rsgUid: string): ReadonlyMap<string, GroupReadings>;
  /** Starts to ask; a group that is being asked already is not asked twice. */
  ask(rsg: Rsg, probes: readonly Probe[]): void;
}

interface Deps {
  readonly probe: InFlightProbe;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called with `namespace/name` after each answer. */
  readonly answered: (key: string) => void;
}

/** Far longer than any decision looks back. */
const KEPT_MS = 10 * 60_000;

export function createInFlight({probe, clock, signal, answered}: Deps): InFlight {
  const known = new Map<string, Map<string, GroupReadings>>();
  const asking = new Set<string>();

  const note = (rsgUid: string, {group, drainSince}: Probe, reading: Reading): void => {
    const groups = known.get(rsgUid) ?? new Map<string, GroupReadings>();
    const before = groups.get(group);
    const row = before?.idleSince !== undefined && before.idleSince >= drainSince ? before.idleSince : reading.at;
    const idleSince = reading.requests === 0 ? row : undefined;
    known.set(rsgUid, groups.set(group, {latest: reading, ...(idleSince === undefined ? {} : {idleSince})}));
  };
  const forgetOld = (): void => {
    for (const [rsgUid, groups] of known) {
      for (const [group, {latest}] of groups) if (latest.at < clock.now() - KEPT_MS) groups.delete(group);
      if (groups.size === 0) known.delete(rsgUid);
    }
  };
  const askOne = async (rsg: Rsg, asked: Probe): Promise<void> => {
    const {group, pods} = asked;
    const {namespace, name, uid} = rsg.metadata;
    const id = `${uid}/${group}`;
    if (asking.has(id)) return;
    asking.add(id);
    const at = clock.now();
    try {
      const answer = pods.length === 0 ? {requests: 0} : await probe(rsg, pods, signal);
      note(uid, asked, {at, ...answer});
    } catch (error) {
      note(uid, asked, {at, unknown: messageOf(error)});
    } finally {
      asking.delete(id);
    }
    if (!signal.aborted) answered(`${namespace}/${name}`);
  };

  return {
    of: (rsgUid) => known.get(rsgUid) ?? new Map(),
    ask: (rsg, probes) => {
      forgetOld();
      for (const one of probes) void askOne(rsg, one);
    },
  };
}
