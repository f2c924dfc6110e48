/** Keeps a store the same as the API server: list, then watch, for as long as its signal lives. It never gives up and never throws. */
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Log} from '../runtime/log.ts';
import type {Random} from '../runtime/random.ts';
import {backoffMs} from './backoff.ts';
import type {KubeClient, ListQuery} from './client.ts';
import {isKubeError} from './errors.ts';
import {spread} from './retry.ts';
import {version, type Store} from './store.ts';
import type {WatchEvent} from './watch-stream.ts';

export interface ReflectorOptions {
  readonly query: ListQuery;
  readonly store: Store;
  /** A watch silent for longer than this is taken for stalled: the API server sends a bookmark about every minute. */
  readonly idleTimeoutMs?: number;
}

export interface ReflectorDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

export interface Reflector {
  /** Resolves once the first list is in the store, or the signal aborts. */
  readonly synced: Promise<void>;
  hasSynced(): boolean;
  /** Why the last attempt failed, until one succeeds. */
  lastError(): string | undefined;
  /** Resolves when it has ended. */
  readonly done: Promise<void>;
}

const IDLE_MS = 150_000;
const BACKOFF = {baseMs: 250, maxMs: 30_000};
const QUICK_MS = 1_000;
/** Refused watches in a row after which the list is read again, whatever the refusal says (a version from before a restored etcd). */
const RELIST_AFTER = 5;

export function startReflector(options: ReflectorOptions, deps: ReflectorDeps, signal: AbortSignal): Reflector {
  const {query, store} = options;
  const {client, clock, log, random} = deps;
  let synced = false;
  let lastError: string | undefined;
  let announce: () => void = () => undefined;
  const firstList = new Promise<void>((resolve) => {
    announce = resolve;
  });
  signal.addEventListener('abort', announce, {once: true});
  // One that has aborted already says nothing more, and nobody is to wait for a list that is never asked for.
  if (signal.aborted) announce();
  /** The last version that was seen, also when it is too old to go on from. */
  let seen = '';

  const list = async (): Promise<string> => {
    const {items, resourceVersion} = await client.list(query, signal);
    if (version(resourceVersion) < version(seen)) store.reset(items, resourceVersion);
    else store.replace(items, resourceVersion);
    synced = true;
    lastError = undefined;
    announce();
    return resourceVersion;
  };
  const take = ({type, object}: WatchEvent): void => {
    if (type === 'DELETED') store.remove(object);
    else if (type !== 'BOOKMARK') store.apply(object);
    seen = object.metadata.resourceVersion ?? seen;
    lastError = undefined;
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    let waitMs = 0;
    let listed = false;
    while (!isAborted(signal)) {
      let from = seen;
      try {
        if (!listed) seen = await list();
        listed = true;
        from = seen;
        const startedAt = clock.monotonic();
        await followWatch(seen, take, {options, deps, signal});
        // A watch that ends at once, again and again, is a fault too.
        failures = clock.monotonic() - startedAt < QUICK_MS ? failures + 1 : 0;
        waitMs = 0;
      } catch (error) {
        if (isAborted(signal)) return;
        failures = seen === from ? failures + 1 : 1;
        // Where the server keeps refusing to go on from a version, the version may be what is wrong.
        const refused = isKubeError(error) && error.status >= 400 && failures >= RELIST_AFTER;
        listed = listed && !isKubeError(error, 'Gone') && !refused;
        waitMs = isKubeError(error) ? spread(error.retryAfterMs, random) : 0;
        lastError = `${query.type.plural}: ${messageOf(error)}`;
        const fields = {kind: query.type.kind, namespace: query.namespace, error: messageOf(error)};
        log[isKubeError(error, 'Gone') ? 'debug' : 'warn'](fields, 'watch failed');
      }
      if (failures > 0) await clock.sleep(Math.max(backoffMs(failures - 1, BACKOFF, random), waitMs), signal);
    }
  };

  return {synced: firstList, hasSynced: () => synced, lastError: () => lastError, done: run()};
}

interface Following {
  readonly options: ReflectorOptions;
  readonly deps: ReflectorDeps;
  readonly signal: AbortSignal;
}

/** One watch to its end. A stalled one is ended here, which is no failure. */
async function followWatch(from: string, take: (event: WatchEvent) => void, {options, deps, signal}: Following): Promise<void> {
  const {query, idleTimeoutMs = IDLE_MS} = options;
  const {client, clock, log, random} = deps;
  const idle = new AbortController();
  const over = new AbortController();
  let aliveAt = clock.monotonic();
  const observe = async (): Promise<void> => {
    for (let left = idleTimeoutMs; left > 0; left = aliveAt + idleTimeoutMs - clock.monotonic()) {
      await clock.sleep(left, over.signal);
      if (isAborted(over.signal)) return;
    }
    idle.abort();
  };
  void observe();
  // Spread over five to ten minutes, so that not all watches of all replicas are renewed at once.
  const timeoutSeconds = Math.round(300 + random() * 300);
  try {
    const until = AbortSignal.any([signal, idle.signal]);
    for await (const event of client.watch(query, {resourceVersion: from, timeoutSeconds}, until)) {
      aliveAt = clock.monotonic();
      take(event);
    }
  } catch (error) {
    if (!idle.signal.aborted) throw error;
    log.warn({kind: query.type.kind, namespace: query.namespace, idleTimeoutMs}, 'a watch stalled; starting it again');
  } finally {
    over.abort();
  }
}

/** A function, since the compiler would take the loop's condition for settled. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;
