/** Follows the demo's objects by watches, as any client of the cluster may. */
import {RSG_TYPE} from '../api/labels.ts';
import {startReflector, type ReflectorDeps} from '../kube/reflector.ts';
import {createStore, type Store} from '../kube/store.ts';
import type {Seen} from './observation.ts';
import {DEPLOYMENT, HPA, POD, STATEFUL_SET} from './types.ts';

export interface Watching {
  seen(): Seen;
  onPods(follow: () => void): void;
  readonly done: Promise<unknown>;
}

/** Resolves once everything is known that there is. */
export async function watchDemo(namespace: string, deps: ReflectorDeps, signal: AbortSignal): Promise<Watching> {
  const types = [RSG_TYPE, DEPLOYMENT, STATEFUL_SET, POD, HPA] as const;
  const started = types.map((type) => {
    const store = createStore();
    return {store, reflector: startReflector({query: {type, namespace}, store}, deps, signal)};
  });
  await Promise.all(started.map(({reflector}) => reflector.synced));
  const [rsgs, deployments, sets, pods, hpas] = started.map(({store}) => store);
  const list = (store: Store | undefined): ReturnType<Store['list']> => store?.list() ?? [];
  return {
    seen: () => ({rsgs: list(rsgs), workloads: [...list(deployments), ...list(sets)], pods: list(pods), hpas: list(hpas)}),
    onPods: (follow) => {
      pods?.onChange(follow);
    },
    done: Promise.all(started.map(({reflector}) => reflector.done)),
  };
}
