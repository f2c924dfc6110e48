/**
 * Keeps a process that no longer leads from writing. Its abort signal is not enough: a process that was stopped (SIGSTOP, a frozen VM) wakes
 * with its connections open and its requests queued, before any timer of its own has run. So each write asks the fence at the
 * moment at which its first byte would go out, and again before its last.
 */
import type {KubeClient} from './client.ts';

export interface Fence {
  /** Aborts when writing is over, and takes what is in flight with it. */
  readonly signal: AbortSignal;
  /** Asked right before a write is sent, and before it is completed: why it must not be, or undefined. */
  closed(): string | undefined;
}

/** For a process that is alone and needs no lease. */
export function openFence(signal: AbortSignal): Fence {
  return {signal, closed: () => undefined};
}

/** The same client, whose every write ends at the fence. Reads go on. */
export function fencedClient(client: KubeClient, fence: Fence): KubeClient {
  return {
    ...client,
    create: (type, object, options) => client.create(type, object, {...options, fence}),
    replace: (ref, object, options) => client.replace(ref, object, {...options, fence}),
    patch: (ref, patch, options) => client.patch(ref, patch, {...options, fence}),
    delete: (ref, options) => client.delete(ref, {...options, fence}),
  };
}
