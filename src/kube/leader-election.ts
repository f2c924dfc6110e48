/**
 * One writer at a time, by a Lease, with the rules of client-go: a holder is only succeeded after its lease has stood still long enough.
 * A lease counts from the moment at which its renewal was asked for, and ends, for its holder, before another may take it.
 */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Log} from '../runtime/log.ts';
import type {Random} from '../runtime/random.ts';
import type {KubeClient} from './client.ts';
import {within} from './deadline.ts';
import {isKubeError} from './errors.ts';
import type {Fence} from './fence.ts';

export const LEASE: ResourceType = {group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true};

export interface ElectionOptions {
  readonly namespace: string;
  readonly name: string;
  /** Unique per process. */
  readonly identity: string;
  /** A lease not renewed for so long may be taken over. */
  readonly leaseMs?: number;
  /** A leader that cannot renew for so long stops leading; less than `leaseMs`, so that it has stopped before another starts. */
  readonly renewDeadlineMs?: number;
  readonly retryMs?: number;
}

export interface ElectionDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly onLeading?: (leads: boolean) => void;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** `other`: somebody else holds it. `unknown`: no answer, or one that decides nothing. */
type Attempt = 'mine' | 'other' | 'unknown';

const micro = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
const specOf = (lease: KubeObject): LeaseSpec => lease['spec'] ?? {};

/**
 * Waits for the lease, then runs `lead` with a fence that closes when the lease is lost. Resolves when `lead` ended or the outer signal
 * aborted; on a clean end the lease is given up, so that a successor need not wait. Resolves with why leading ended.
 */
export async function runAsLeader(
  options: ElectionOptions,
  deps: ElectionDeps,
  lead: (fence: Fence) => Promise<void>,
  signal: AbortSignal,
): Promise<'stopped' | 'lost'> {
  const {identity, retryMs = 2_000, renewDeadlineMs = 10_000} = options;
  const {clock, log, random, onLeading = () => undefined} = deps;
  const lease = createLease(options, deps);
  let term = startTerm(clock, renewDeadlineMs);
  while ((await lease.attempt(signal)) !== 'mine') {
    await clock.sleep(retryMs * (1 + random() * 0.2), signal);
    if (signal.aborted) return 'stopped';
    term = startTerm(clock, renewDeadlineMs);
  }
  log.info({identity}, 'leading');
  onLeading(true);
  const end = new AbortController();
  const leading = AbortSignal.any([signal, end.signal]);
  const closed = (): string | undefined => {
    if (leading.aborted) return 'this process leads no more';
    return term.over() ? 'the lease was not renewed in time; another process may lead' : undefined;
  };
  const done = lead({signal: leading, closed});
  const finished = done.then(
    () => undefined,
    () => undefined,
  );
  const ended = new AbortController();
  void finished.then(() => {
    ended.abort();
  });
  const until = AbortSignal.any([leading, ended.signal]);
  let lost = false;
  while (!isOver(until) && !lost) {
    await clock.sleep(retryMs, until);
    if (isOver(until)) break;
    const next = startTerm(clock, renewDeadlineMs);
    const attempt = term.over() ? 'unknown' : await lease.attempt(until, Math.min(term.leftMs(), ANSWER_MS));
    if (attempt === 'mine') term = next;
    lost = attempt === 'other' || term.over();
  }
  if (lost) log.error({identity}, 'the lease was lost; stopping all work');
  end.abort();
  await finished;
  onLeading(false);
  if (!lost) await lease.release();
  await done;
  return lost ? 'lost' : 'stopped';
}

interface Term {
  leftMs(): number;
  over(): boolean;
}

/** By both clocks: one may be set back meanwhile, the other may stand still while a machine sleeps. */
function startTerm(clock: Clock, ms: number): Term {
  const [wall, monotonic] = [clock.now(), clock.monotonic()];
  const leftMs = (): number => ms - Math.max(clock.now() - wall, clock.monotonic() - monotonic);
  return {leftMs, over: () => leftMs() <= 0};
}

interface LeaseHandle {
  /** Takes or renews it. Never rejects; gives up after `ms`, if given. */
  attempt(until: AbortSignal, ms?: number): Promise<Attempt>;
  /** Never rejects. */
  release(): Promise<void>;
}

const ANSWER_MS = 5_000;

function createLease(options: ElectionOptions, {client, clock, log}: ElectionDeps): LeaseHandle {
  const {namespace, name, identity, leaseMs = 15_000} = options;
  const ref = {type: LEASE, namespace, name};
  /** The lease as last seen and when: another's clock is never compared with ours. */
  let observed: {version: string | undefined; at: number} = {version: undefined, at: 0};
  /** The lease as we wrote it last: while it is still that, one write renews it. */
  let ours: KubeObject | undefined;

  const write = async (lease: KubeObject, signal: AbortSignal): Promise<Attempt> => {
    const more = {signal, priority: 'urgent'} as const;
    ours = undefined;
    ours = await (lease.metadata.resourceVersion === undefined ? client.create(LEASE, lease, more) : client.replace(ref, lease, more));
    return 'mine';
  };
  const renew = async (lease: KubeObject, signal: AbortSignal): Promise<Attempt> => {
    try {
      return await write({...lease, spec: {...specOf(lease), renewTime: micro(clock.now())}}, signal);
    } catch (error) {
      if (isKubeError(error, 'Conflict', 'NotFound')) return await take(signal);
      throw error;
    }
  };
  const take = async (signal: AbortSignal): Promise<Attempt> => {
    const lease = await client.get(ref, signal).catch((error: unknown) => {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    });
    const renewTime = micro(clock.now());
    const spec = {holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime};
    if (lease === undefined) {
      const metadata = {name, namespace};
      return await write({apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: {...spec, acquireTime: renewTime}}, signal);
    }
    const held = specOf(lease);
    const mine = held.holderIdentity === identity;
    const now = clock.monotonic();
    if (observed.version !== lease.metadata.resourceVersion) observed = {version: lease.metadata.resourceVersion, at: now};
    const patience = Math.max(leaseMs, (held.leaseDurationSeconds ?? 0) * 1000);
    if (!mine && (held.holderIdentity ?? '') !== '' && now < observed.at + patience) return 'other';
    const taken = mine ? {} : {acquireTime: renewTime, leaseTransitions: (held.leaseTransitions ?? 0) + 1};
    return await write({...lease, spec: {...held, ...spec, ...taken}}, signal);
  };

  return {
    attempt: async (until, ms = ANSWER_MS) => {
      try {
        return await within({ms, signals: [until], clock}, (signal) => (ours === undefined ? take(signal) : renew(ours, signal)));
      } catch (error) {
        if (!isKubeError(error, 'Conflict', 'AlreadyExists', 'Aborted'))
          log.warn({error: messageOf(error)}, 'the lease could not be read or written');
        return 'unknown';
      }
    },
    release: async () => {
      try {
        await within({ms: ANSWER_MS, signals: [], clock}, async (signal) => {
          const lease = await client.get(ref, signal);
          if (specOf(lease).holderIdentity !== identity) return;
          const spec = {...specOf(lease), holderIdentity: '', leaseDurationSeconds: 1, renewTime: micro(clock.now())};
          await client.replace(ref, {...lease, spec}, {signal, priority: 'urgent'});
        });
      } catch (error) {
        log.warn({error: messageOf(error)}, 'the lease was not given up; a successor waits for it to expire');
      }
    },
  };
}

const isOver = (signal: AbortSignal): boolean => signal.aborted;
