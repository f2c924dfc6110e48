/** The sandbox's objects with the simulated workload controllers on a fake clock: nothing waits, and every run is the same. */
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import {asObject} from '../../src/api/json.ts';
import {createLog} from '../../src/runtime/log.ts';
import {createKindRegistry} from '../../src/sandbox/kinds/registry.ts';
import {NAMESPACE, POD} from '../../src/sandbox/resource-types.ts';
import {isTerminating} from '../../src/sandbox/sim/write.ts';
import {isReady} from '../../src/sandbox/sim/pod-state.ts';
import {runWorkloads, type WorkloadOptions} from '../../src/sandbox/sim/workloads.ts';
import {createMemoryStore, type MemoryStore} from '../../src/sandbox/storage/memory-store.ts';
import {FakeClock} from './fake-clock.ts';

export interface SimulatedCluster {
  readonly store: MemoryStore;
  readonly clock: FakeClock;
  /** The same numbers in every run. */
  readonly random: () => number;
  /** Names of the pods that are not on their way out. */
  pods(): string[];
  readyPods(): string[];
  find(type: ResourceType, name: string): KubeObject;
  /** Changes the stored object. */
  edit(type: ResourceType, name: string, change: (object: KubeObject) => KubeObject): void;
  scale(type: ResourceType, name: string, replicas: number): void;
  apply(...objects: readonly object[]): void;
  /** Moves time, and lets everything follow. */
  advance(ms?: number): Promise<void>;
  stop(): Promise<void>;
}

const QUICK: WorkloadOptions = {kubelet: {startMs: 1000, terminateMs: 500}, nodes: 2};
const NAMESPACE_NAME = 'default';

export function simulatedCluster(options: WorkloadOptions = QUICK): SimulatedCluster {
  const clock = new FakeClock();
  let serial = 0;
  // A small generator: names differ, and are the same in every run.
  const random = (): number => {
    serial = (serial * 16_807 + 11) % 2_147_483_647;
    return serial / 2_147_483_647;
  };
  const kinds = createKindRegistry();
  const uid = (): string => `uid-${String((uids += 1))}`;
  let uids = 0;
  const store = createMemoryStore({historyLimit: 10_000}, {kinds, clock, random, uid});
  store.create(NAMESPACE, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: NAMESPACE_NAME}});
  const end = new AbortController();
  const running = runWorkloads(options, {store, clock, random, log: createLog('warn')}, end.signal);
  const find = (type: ResourceType, name: string): KubeObject => {
    const object = store.get(type, type.namespaced ? NAMESPACE_NAME : undefined, name);
    if (object === undefined) throw new Error(`no ${type.kind} ${name}`);
    return object;
  };
  const edit: SimulatedCluster['edit'] = (type, name, change) => {
    store.update(type, change(find(type, name)));
  };
  const livePods = (): readonly KubeObject[] => store.list(POD, NAMESPACE_NAME).filter((pod) => !isTerminating(pod));
  const advance = async (ms = 0): Promise<void> => {
    // In small steps, since what is due follows from what happened before.
    for (let left = ms; left >= 0; left -= 100) {
      for (let before = ''; before !== store.resourceVersion();) {
        before = store.resourceVersion();
        await clock.advance(0);
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      }
      if (left > 0) await clock.advance(Math.min(100, left));
    }
  };
  return {
    store,
    clock,
    random,
    find,
    edit,
    advance,
    pods: () =>
      livePods()
        .map(({metadata}) => metadata.name)
        .sort(),
    readyPods: () =>
      livePods()
        .filter(isReady)
        .map(({metadata}) => metadata.name)
        .sort(),
    scale: (type, name, replicas) => {
      edit(type, name, (object) => ({...object, spec: {...asObject(object['spec']), replicas}}));
    },
    apply: (...objects) => {
      for (const object of objects) {
        const typed = asKubeObject(object);
        const type = kinds.all().find((kind) => kind.type.kind === typed.kind)?.type;
        if (type === undefined) throw new Error(`${typed.kind} is not served`);
        store.create(type, typed);
      }
    },
    stop: async () => {
      end.abort();
      await running;
    },
  };
}

function asKubeObject(object: object): KubeObject {
  if (!('apiVersion' in object && 'kind' in object && 'metadata' in object)) throw new Error('not a Kubernetes object');
  return object as KubeObject;
}

/** Containers of the template become one with this image. */
export function setImage(cluster: SimulatedCluster, type: ResourceType, name: string, image: string): void {
  cluster.edit(type, name, (object) => {
    const spec = asObject(object['spec']);
    const template = asObject(spec['template']);
    const containers = [{name: 'engine', image}];
    return {...object, spec: {...spec, template: {...template, spec: {...asObject(template['spec']), containers}}}};
  });
}

/** The images of all pods, those on their way out included. */
export function images(cluster: SimulatedCluster): string[] {
  const list = cluster.store.list(POD).map((pod) => JSON.stringify(asObject(pod['spec'])['containers']));
  return list.map((text) => /"image":"([^"]+)"/u.exec(text)?.[1] ?? '').sort();
}
