/** Keeps a store the same as the API server: list, then watch, for as long as its signal lives. It never gives up and never throws. */
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Log} from '../runtime/log.ts';
import type {Random} from '../runtime/random.ts';
import {backoffMs} from './backoff.ts';
import type {KubeClient, ListQuery} from './client.ts';
import {isKubeError} from './errors.ts';
import type {Store} from './store.ts';

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

export function startReflector(options: ReflectorOptions, deps: ReflectorDeps, signal: AbortSignal): Reflector {
  const {query, store, idleTimeoutMs = IDLE_MS} = options;
  const {client, clock, log, random} = deps;
  let synced = false;
  let lastError: string | undefined;
  let announce: () => void = () => undefined;
  const firstList = new Promise<void>((resolve) => {
    announce = resolve;
  });
  signal.addEventListener('abort', announce, {once: true});

  /** Follows one watch to its end and returns the version to go on from. */
  const follow = async (from: string): Promise<string> => {
    let version = from;
    const idle = new AbortController();
    let timer = setTimeout(() => undefined, 0);
    const stillAlive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        idle.abort();
      }, idleTimeoutMs);
    };
    stillAlive();
    try {
      // Spread over five to ten minutes, so that not all watches of all replicas are renewed at once.
      const timeoutSeconds = Math.round(300 + random() * 300);
      for await (const {type, object} of client.watch(
        query,
        {resourceVersion: version, timeoutSeconds},
        AbortSignal.any([signal, idle.signal]),
      )) {
        stillAlive();
        if (type === 'DELETED') store.remove(object);
        else if (type !== 'BOOKMARK') store.apply(object);
        version = object.metadata.resourceVersion ?? version;
        lastError = undefined;
      }
    } catch (error) {
      if (!idle.signal.aborted) throw new WatchFailure(version, error);
      log.warn({kind: query.type.kind, idleTimeoutMs}, 'a watch stalled; starting it again');
    } finally {
      clearTimeout(timer);
    }
    return version;
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    let version: string | undefined;
    while (!signal.aborted) {
      try {
        if (version === undefined) {
          const list = await client.list(query, signal);
          store.replace(list.items, list.resourceVersion);
          version = list.resourceVersion;
          synced = true;
          lastError = undefined;
          announce();
        }
        const before = clock.now();
        version = await follow(version);
        // A watch that ends at once, again and again, is a fault too.
        failures = clock.now() - before < 1000 ? failures + 1 : 0;
      } catch (failure) {
        if (isAborted(signal)) return;
        const error = failure instanceof WatchFailure ? failure.cause : failure;
        const started = failure instanceof WatchFailure && failure.version !== version;
        failures = started ? 1 : failures + 1;
        version = failure instanceof WatchFailure && !isKubeError(error, 'Gone') ? failure.version : undefined;
        lastError = `${query.type.plural}: ${messageOf(error)}`;
        log[isKubeError(error, 'Gone') ? 'debug' : 'warn'](
          {kind: query.type.kind, namespace: query.namespace, error: messageOf(error)},
          'watch failed',
        );
      }
      if (failures > 0) await clock.sleep(backoffMs(failures - 1, BACKOFF, random), signal);
    }
  };

  return {synced: firstList, hasSynced: () => synced, lastError: () => lastError, done: run()};
}

/** A function, since the compiler would take the loop's condition for settled. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

class WatchFailure extends Error {
  /** The last version seen before it failed. */
  readonly version: string;

  constructor(version: string, cause: unknown) {
    super('watch failed', {cause});
    this.version = version;
  }
}
