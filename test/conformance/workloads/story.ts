/** What happens to pods, as a watch tells it: in the order in which a client sees it. */
import {asObject, asObjects, type Json} from '../../../src/api/json.ts';
import type {OpenWatch, WatchedEvent} from '../../support/api-client.ts';
import {eventually} from '../../support/wait.ts';
import {metadataOf} from '../cases/objects.ts';

export interface Story {
  /** `+name`, `name ready`, `name ending` and `-name`, each once, oldest first. */
  lines(): string[];
  /** Waits until it has so many lines; answers them. */
  until(count: number): Promise<string[]>;
  /** The fewest pods that were ready and not ending, since there were `from` of them. */
  fewestReady(from: number): number;
  stop(): void;
}

export function follow(watch: OpenWatch): Story {
  const lines = (): string[] => tell(watch.events).map(({line}) => line);
  return {
    lines,
    until: async (count) => {
      await eventually(`${String(count)} things have happened`, () => Promise.resolve(lines().length >= count), {timeoutMs: 60_000}).catch(
        () => {
          throw new Error(`not ${String(count)} things have happened, but: ${lines().join(', ')}`);
        },
      );
      return lines();
    },
    fewestReady: (from) => {
      const told = tell(watch.events);
      const start = told.findIndex(({ready}) => ready >= from);
      return Math.min(...(start === -1 ? [] : told.slice(start)).map(({ready}) => ready));
    },
    stop: () => {
      watch.stop();
    },
  };
}

interface Told {
  readonly line: string;
  /** Pods afterwards. */
  readonly ready: number;
}

function tell(events: readonly WatchedEvent[]): Told[] {
  const states = new Map<string, 'new' | 'ready' | 'ending'>();
  const told: Told[] = [];
  const say = (line: string): void => {
    told.push({line, ready: [...states.values()].filter((state) => state === 'ready').length});
  };
  for (const {type, object} of events) {
    const name = String(metadataOf(object)['name']);
    const key = String(metadataOf(object)['uid']);
    if (!states.has(key)) {
      states.set(key, 'new');
      say(`+${name}`);
    }
    if (states.get(key) === 'new' && isReady(object)) {
      states.set(key, 'ready');
      say(`${name} ready`);
    }
    if (states.get(key) !== 'ending' && metadataOf(object)['deletionTimestamp'] !== undefined && type !== 'DELETED') {
      states.set(key, 'ending');
      say(`${name} ending`);
    }
    if (type === 'DELETED') {
      states.delete(key);
      say(`-${name}`);
    }
  }
  return told;
}

function isReady(pod: Json): boolean {
  return asObjects(asObject(pod['status'])['conditions']).some((one) => one['type'] === 'Ready' && one['status'] === 'True');
}
