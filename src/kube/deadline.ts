/** An end to everything that could wait for ever. */
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import {KubeError} from './errors.ts';

export interface Limits {
  readonly ms: number;
  /** The work ends when any of these aborts. */
  readonly signals: readonly AbortSignal[];
  readonly clock: Clock;
}

/**
 * What `work` answers, within `ms` milliseconds. Its signal aborts when the time is over or one of `signals` aborts, and then nobody waits
 * for it any more. Rejects with a `KubeError`: `Unreachable` after the time or any failure of another kind, `Aborted` after a signal.
 */
export async function within<T>({ms, signals, clock}: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const inner = new AbortController();
  const timer = new AbortController();
  const cut = new Promise<never>((_resolve, reject) => {
    inner.signal.addEventListener('abort', () => {
      reject(inner.signal.reason as KubeError);
    });
  });
  const stop = (): void => {
    inner.abort(new KubeError('stopped before an answer came', {code: 'Aborted', status: 0}));
  };
  for (const signal of signals) signal.addEventListener('abort', stop, {once: true});
  if (signals.some((signal) => signal.aborted)) stop();
  void clock.sleep(ms, timer.signal).then(() => {
    if (!timer.signal.aborted) inner.abort(new KubeError(`no complete answer in ${String(ms)} ms`, {code: 'Unreachable', status: 0}));
  });
  try {
    return await Promise.race([cut, work(inner.signal)]);
  } catch (error) {
    throw error instanceof KubeError ? error : new KubeError(messageOf(error), {code: 'Unreachable', status: 0, cause: error});
  } finally {
    // With a reason of its own: the default one is an error whose stack is taken, once per request.
    timer.abort('done');
    for (const signal of signals) signal.removeEventListener('abort', stop);
  }
}
