/**
 * How many requests may be at the API server at once, and who goes first when that many are. Watches do not count: they last for minutes.
 * The limit is generous, since what matters is that it is bounded: the API server has its own fairness, and answers 429.
 */

/** `urgent`: renewing the lease. `normal`: what users wait for. `background`: what nobody waits for, such as events and synchronisation. */
export type Priority = 'urgent' | 'normal' | 'background';

export interface Flow {
  /** Resolves, once there is room, with the function that makes it again. Rejects with the signal's reason when that aborts first. */
  enter(priority: Priority, signal: AbortSignal): Promise<() => void>;
  /** Requests that wait for room. */
  waiting(): number;
}

/** The share of the whole that a class may fill: a flood of one never takes the last place from a higher one. */
const SHARES: Readonly<Record<Priority, number>> = {urgent: 1, normal: 7 / 8, background: 1 / 4};
const ORDER = ['urgent', 'normal', 'background'] as const;

/** `maxInFlight` at least 8, so that every class has room of its own. */
export function createFlow(maxInFlight: number): Flow {
  const queues: Readonly<Record<Priority, Set<() => void>>> = {urgent: new Set(), normal: new Set(), background: new Set()};
  let inFlight = 0;
  const hasRoom = (priority: Priority): boolean => inFlight < Math.floor(maxInFlight * SHARES[priority]);

  const admit = (): void => {
    for (const priority of ORDER) {
      for (const start of queues[priority]) {
        if (!hasRoom(priority)) break;
        queues[priority].delete(start);
        start();
      }
    }
  };
  const take = (): (() => void) => {
    inFlight += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inFlight -= 1;
      admit();
    };
  };

  return {
    enter: async (priority, signal) => {
      signal.throwIfAborted();
      if (queues[priority].size === 0 && hasRoom(priority)) return take();
      return await new Promise((resolve, reject) => {
        const start = (): void => {
          signal.removeEventListener('abort', giveUp);
          resolve(take());
        };
        const giveUp = (): void => {
          queues[priority].delete(start);
          reject(signal.reason as Error);
        };
        queues[priority].add(start);
        signal.addEventListener('abort', giveUp, {once: true});
      });
    },
    waiting: () => ORDER.reduce((sum, priority) => sum + queues[priority].size, 0),
  };
}
