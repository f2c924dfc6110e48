/**
 * Runs the simulated workload controllers, kubelet and endpoint controller on the sandbox's objects: what changes is queued, and each key
 * is reconciled from what is stored then. A steady state writes nothing.
 */
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import {asObject} from '../../api/json.ts';
import type {Log} from '../../runtime/log.ts';
import {messageOf} from '../../runtime/errors.ts';
import {isApiError} from '../api-error.ts';
import {
  CONTROLLER_REVISION,
  DEPLOYMENT,
  ENDPOINT_SLICE,
  NODE,
  PERSISTENT_VOLUME_CLAIM,
  POD,
  REPLICA_SET,
  SERVICE,
  STATEFUL_SET,
} from '../resource-types.ts';
import {freeAddress} from './addresses.ts';
import {affected, keyOf} from './affected.ts';
import {reconcileDeployment} from './deployment/controller.ts';
import {reconcileService} from './endpoints.ts';
import {randomSuffix} from './hash.ts';
import {reconcilePod, type KubeletOptions} from './kubelet.ts';
import {newNode, readyNode} from './nodes.ts';
import {createPerformer, type PerformDeps} from './perform.ts';
import {nodeOf} from './pod-state.ts';
import {createQueue} from './queue.ts';
import {reconcileReplicaSet} from './replica-set.ts';
import {reconcileStatefulSet} from './stateful-set/controller.ts';
import {isTerminating, NOTHING, type Outcome} from './write.ts';

export interface WorkloadOptions {
  readonly kubelet: KubeletOptions;
  readonly nodes: number;
}

export interface WorkloadDeps extends PerformDeps {
  readonly log: Log;
}

interface Simulator {
  readonly type: ResourceType;
  readonly component: string;
  readonly reconcile: (object: KubeObject) => Outcome;
}

const RETRY_MS = 500;

/** Runs until the signal aborts. */
export async function runWorkloads(options: WorkloadOptions, deps: WorkloadDeps, signal: AbortSignal): Promise<void> {
  const {store, clock, log} = deps;
  const queue = createQueue({clock});
  const performer = createPerformer(deps);
  const simulators = new Map(simulatorsOf(options, deps).map((one) => [one.type.kind, one]));

  const handle = (key: string): void => {
    const [kind = '', namespace = '', name = ''] = key.split('/');
    const simulator = simulators.get(kind);
    const object = simulator === undefined ? undefined : store.get(simulator.type, namespace, name);
    if (simulator === undefined || object === undefined) return;
    try {
      const {writes, dueAt} = simulator.reconcile(object);
      performer.perform(writes, simulator.component);
      if (dueAt !== undefined) queue.addAt(key, dueAt);
    } catch (error) {
      if (isApiError(error, 'Conflict', 'NotFound', 'AlreadyExists')) queue.add(key);
      else {
        log.warn({key, error: messageOf(error)}, 'a simulated controller failed; trying again');
        queue.addAt(key, clock.now() + RETRY_MS);
      }
    }
  };

  const stop = store.onChange((event) => {
    for (const key of affected(event, store)) queue.add(key);
  });
  for (let at = 0; at < options.nodes; at += 1) {
    const name = `node-${String(at)}`;
    if (store.get(NODE, undefined, name) === undefined) {
      store.update(NODE, readyNode(store.create(NODE, newNode(name)), clock.now()), {subresource: 'status'});
    }
  }
  for (const {type} of simulators.values()) {
    for (const {metadata} of store.list(type)) queue.add(keyOf(type, metadata.namespace, metadata.name));
  }
  await queue.run(handle, signal);
  stop();
}

function simulatorsOf({kubelet}: WorkloadOptions, {store, clock, random}: WorkloadDeps): Simulator[] {
  const suffix = (): string => randomSuffix(random);
  const inNamespace = (type: ResourceType, {metadata}: KubeObject): readonly KubeObject[] => store.list(type, metadata.namespace);
  return [
    {
      type: DEPLOYMENT,
      component: 'deployment-controller',
      reconcile: (object) => reconcileDeployment({object, replicaSets: inNamespace(REPLICA_SET, object), now: clock.now()}),
    },
    {
      type: REPLICA_SET,
      component: 'replicaset-controller',
      reconcile: (object) => reconcileReplicaSet({object, pods: inNamespace(POD, object), now: clock.now(), random}),
    },
    {
      type: STATEFUL_SET,
      component: 'statefulset-controller',
      reconcile: (object) =>
        reconcileStatefulSet({
          object,
          pods: inNamespace(POD, object),
          revisions: inNamespace(CONTROLLER_REVISION, object),
          claims: inNamespace(PERSISTENT_VOLUME_CLAIM, object),
          now: clock.now(),
        }),
    },
    {
      type: SERVICE,
      component: 'endpoint-slice-controller',
      reconcile: (service) =>
        reconcileService({service, pods: inNamespace(POD, service), slices: inNamespace(ENDPOINT_SLICE, service), suffix}),
    },
    {type: POD, component: 'kubelet', reconcile: kubeletOn({store, clock, random}, kubelet)},
  ];
}

function kubeletOn({store, clock, random}: PerformDeps, options: KubeletOptions): (pod: KubeObject) => Outcome {
  const network = options.network ?? random();
  const deletionSeen = new Map<string, number>();
  return (pod) => {
    const uid = pod.metadata.uid ?? '';
    const now = clock.now();
    if (isTerminating(pod) && !deletionSeen.has(uid)) deletionSeen.set(uid, now);
    const outcome = reconcilePod({
      pod,
      now,
      options,
      node: leastLoaded(store.list(NODE), store.list(POD)),
      address: () => freeAddress(network, new Set(store.list(POD).map((one) => String(asObject(one['status'])['podIP'])))),
      deletionSeenAt: deletionSeen.get(uid),
    });
    if (outcome.writes.some((write) => write.do === 'remove')) deletionSeen.delete(uid);
    // A finalizer may hold the pod after its containers have ended.
    return (pod.metadata.finalizers ?? []).length > 0 && outcome.writes.some((write) => write.do === 'remove') ? NOTHING : outcome;
  };
}

function leastLoaded(nodes: readonly KubeObject[], pods: readonly KubeObject[]): string | undefined {
  const count = (name: string): number => pods.filter((pod) => nodeOf(pod) === name).length;
  return nodes.map(({metadata}) => metadata.name).sort((a, b) => count(a) - count(b))[0];
}
