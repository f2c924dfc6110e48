/** One writer at a time, by a Lease, with the rules of client-go: a holder is only succeeded after its lease has stood still long enough. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Log} from '../runtime/log.ts';
import type {Random} from '../runtime/random.ts';
import type {KubeClient} from './client.ts';
import {isKubeError} from './errors.ts';

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

interface Deps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

const micro = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
const specOf = (lease: KubeObject): LeaseSpec => lease['spec'] ?? {};

/**
 * Waits for the lease, then runs `lead` with a signal that aborts when the lease is lost. Resolves when `lead` ended or the outer signal
 * aborted; on a clean end the lease is given up, so that a successor need not wait. Resolves with why leading ended.
 */
export async function runAsLeader(
  options: ElectionOptions,
  {client, clock, log, random}: Deps,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<'stopped' | 'lost'> {
  const {namespace, name, identity, leaseMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2_000} = options;
  const ref = {type: LEASE, namespace, name};
  /** The lease as last seen and when: another's clock is never compared with ours. */
  let observed: {version: string | undefined; at: number} = {version: undefined, at: 0};

  /** True when the lease is ours after this attempt. */
  const attempt = async (until?: AbortSignal): Promise<boolean> => {
    const now = clock.now();
    const lease = await client.get(ref, until).catch((error: unknown) => {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    });
    const spec = {holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime: micro(now)};
    if (lease === undefined) {
      const object = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {name, namespace},
        spec: {...spec, acquireTime: spec.renewTime},
      };
      await client.create(LEASE, object, {signal: until});
      return true;
    }
    const held = specOf(lease);
    const mine = held.holderIdentity === identity;
    if (observed.version !== lease.metadata.resourceVersion) observed = {version: lease.metadata.resourceVersion, at: now};
    const patience = Math.max(leaseMs, (held.leaseDurationSeconds ?? 0) * 1000);
    if (!mine && (held.holderIdentity ?? '') !== '' && now < observed.at + patience) return false;
    const taken = mine ? {} : {acquireTime: spec.renewTime, leaseTransitions: (held.leaseTransitions ?? 0) + 1};
    await client.replace(ref, {...lease, spec: {...held, ...spec, ...taken}}, {signal: until});
    return true;
  };
  const tryOnce = async (until?: AbortSignal): Promise<boolean> => {
    try {
      return await attempt(until);
    } catch (error) {
      if (!isKubeError(error, 'Conflict', 'AlreadyExists', 'Aborted'))
        log.warn({error: messageOf(error)}, 'the lease could not be read or written');
      return false;
    }
  };

  while (!(await tryOnce(signal))) {
    await clock.sleep(retryMs * (1 + random() * 0.2), signal);
    if (signal.aborted) return 'stopped';
  }
  log.info({identity}, 'leading');
  const lost = new AbortController();
  const leading = AbortSignal.any([signal, lost.signal]);
  const work = lead(leading);
  const over = new AbortController();
  const finished = work.finally(() => {
    over.abort();
  });
  finished.catch(() => undefined);
  let renewedAt = clock.now();
  while (!isOver(leading, over.signal)) {
    await clock.sleep(retryMs, AbortSignal.any([leading, over.signal]));
    if (isOver(leading, over.signal)) break;
    const left = renewedAt + renewDeadlineMs - clock.now();
    const startedAt = clock.now();
    const deadline = new AbortController();
    const renewal = tryOnce(AbortSignal.any([leading, deadline.signal]));
    const timer = new AbortController();
    const inTime = await Promise.race([renewal, clock.sleep(Math.max(left, 1), timer.signal).then(() => false)]);
    timer.abort();
    deadline.abort();
    // The lease counts from when its renewal was asked for.
    if (inTime) renewedAt = startedAt;
    if (clock.now() - renewedAt >= renewDeadlineMs) {
      log.error({identity}, 'the lease was lost; stopping all work');
      lost.abort();
    }
  }
  await finished;
  if (lost.signal.aborted) return 'lost';
  await release();
  return 'stopped';

  async function release(): Promise<void> {
    try {
      const lease = await client.get(ref);
      if (specOf(lease).holderIdentity !== identity) return;
      await client.replace(ref, {
        ...lease,
        spec: {...specOf(lease), holderIdentity: '', leaseDurationSeconds: 1, renewTime: micro(clock.now())},
      });
    } catch (error) {
      log.warn({error: messageOf(error)}, 'the lease was not given up; a successor waits for it to expire');
    }
  }
}

const isOver = (...signals: readonly AbortSignal[]): boolean => signals.some((signal) => signal.aborted);
