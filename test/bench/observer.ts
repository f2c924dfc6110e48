/** What happens to RSGs and Deployments, seen by watches as it happens. Times are those of `performance.now()`. */
import {KubeConfig} from '@kubernetes/client-node';
import {RSG_TYPE} from '../../src/api/labels.ts';
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import {parseRsg, type Rsg} from '../../src/api/schema.ts';
import {createKubeClient} from '../../src/kube/client.ts';
import {startReflector} from '../../src/kube/reflector.ts';
import {createStore, type Store} from '../../src/kube/store.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {systemRandom} from '../../src/runtime/random.ts';
import type {ControlPlane} from '../support/control-plane.ts';
import {DEPLOYMENT} from '../support/fault-world.ts';
import {silentLog} from '../support/silent-log.ts';

export interface Named {
  readonly namespace: string;
  readonly name: string;
}
type Matches = (deployment: KubeObject) => boolean;

export interface Observer {
  /** When the condition held for the last of these RSGs. */
  until(what: string, members: readonly Named[], condition: (rsg: Rsg) => boolean): Promise<number>;
  /** When each of the next `count` new Deployments that match was seen. */
  next(matches: Matches, count: number): Promise<readonly number[]>;
  /** When every Deployment that matches fulfilled the condition; `() => false`: when none was left. */
  all(matches: Matches, condition: Matches): Promise<number>;
  stop(): void;
}

const PATIENCE_MS = 280_000;

export async function observe(cluster: ControlPlane): Promise<Observer> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: 60_000, userAgent: 'bench-observer'}, {clock: systemClock});
  const end = new AbortController();
  const follow = async (type: ResourceType): Promise<Store> => {
    const store = createStore();
    await startReflector({query: {type}, store}, {client, clock: systemClock, log: silentLog, random: systemRandom}, end.signal).synced;
    return store;
  };
  const [rsgs, deployments] = await Promise.all([follow(RSG_TYPE), follow(DEPLOYMENT)]);
  return {
    until: (what, members, condition) => {
      const left = new Set(members.map(keyOf));
      const look = (object: KubeObject | undefined): void => {
        if (object === undefined || !left.has(keyOf({namespace: object.metadata.namespace ?? '', name: object.metadata.name}))) return;
        const parsed = parseRsg(object);
        if ('rsg' in parsed && condition(parsed.rsg)) left.delete(keyOf(parsed.rsg.metadata));
      };
      for (const object of rsgs.list()) look(object);
      return patiently(
        () => `${what}: ${String(left.size)} left, such as ${[...left].slice(0, 3).join(', ')}`,
        changesOf(rsgs, (now) => {
          look(now);
          return left.size === 0;
        }),
      );
    },
    next: async (matches, count) => {
      const at: number[] = [];
      const done = changesOf(deployments, (now, before) => {
        if (now !== undefined && before === undefined && matches(now)) at.push(performance.now());
        return at.length >= count;
      });
      await patiently(() => `${String(at.length)} of ${String(count)} new Deployments`, done);
      return at;
    },
    all: (matches, condition) =>
      patiently(
        () => 'all Deployments as they should be',
        changesOf(deployments, () => deployments.list().filter(matches).every(condition)),
      ),
    stop: () => {
      end.abort();
      client.close();
    },
  };
}

const keyOf = ({namespace, name}: Named): string => `${namespace}/${name}`;

/** When `isDone` answers true: now, or after a change. */
function changesOf(store: Store, isDone: (now?: KubeObject, before?: KubeObject) => boolean): Promise<number> {
  return new Promise((resolve) => {
    if (isDone()) {
      resolve(performance.now());
      return;
    }
    const unsubscribe = store.onChange((now, before) => {
      if (!isDone(now, before)) return;
      unsubscribe();
      resolve(performance.now());
    });
  });
}

async function patiently<T>(what: () => string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = systemClock.sleep(PATIENCE_MS, over.signal).then(() => undefined);
  const first = await Promise.race([work.then((value) => ({value})), late]);
  over.abort();
  if (first === undefined) throw new Error(`not within ${String(PATIENCE_MS)} ms: ${what()}`);
  return first.value;
}
