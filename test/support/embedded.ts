/** The composed controller over HTTP against the sandbox with its simulators, all in this process: the cheap version of a control plane. */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {renderCrd} from '../../src/api/crd.ts';
import {LABELS, RSG_TYPE} from '../../src/api/labels.ts';
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import {parseRsg, type Rsg} from '../../src/api/schema.ts';
import {replicasOf, type Workload} from '../../src/api/workload.ts';
import {runControllerProcess} from '../../src/compose.ts';
import {startEmbeddedCluster} from '../../src/compose/embedded-cluster.ts';
import {processOf} from '../../src/compose/process.ts';
import {FLAGS, readConfig} from '../../src/config.ts';
import type {KubeClient} from '../../src/kube/client.ts';
import {CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, ENDPOINT_SLICE, POD, SERVICE, STATEFUL_SET} from '../../src/sandbox/resource-types.ts';
import {asObject, asObjects} from '../../src/api/json.ts';
import {eventually} from './wait.ts';

export interface Embedded {
  readonly client: KubeClient;
  create(...objects: readonly object[]): Promise<void>;
  rsg(): Promise<Rsg>;
  patchRsg(spec: object): Promise<void>;
  /** `kubectl scale rsg`. */
  scale(replicas: number): Promise<void>;
  /** Exactly so many groups, all available, nothing on its way out. */
  settled(groups: number): Promise<void>;
  /** Replicas by name of workload, those being deleted left out. */
  replicas(): Promise<Record<string, number>>;
  /** uids of the pods of a clone's group. */
  podsOf(group: string): Promise<string[]>;
  originalPods(): Promise<string[]>;
  /** Names of the ready pods behind a Service. */
  endpoints(service: string): Promise<string[]>;
  stop(): Promise<void>;
}

const NAMESPACE = 'default';
const NAME = 'llama';
const QUICK = {kubelet: {startMs: 100, terminateMs: 50}, nodes: 2, hpa: {syncMs: 500, downscaleStabilizationMs: 1000}};
const TYPES: Readonly<Record<string, ResourceType>> = {
  Deployment: DEPLOYMENT,
  StatefulSet: STATEFUL_SET,
  Service: SERVICE,
  ResourceScalingGroup: RSG_TYPE,
};

export async function startEmbedded(): Promise<Embedded> {
  const directory = await mkdtemp(join(tmpdir(), 'rsg-embedded-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const end = new AbortController();
  const cluster = await startEmbeddedCluster({port: 0, kubeconfigOut: kubeconfig, simulation: QUICK}, end.signal);
  const {deps, close} = processOf({kubeconfig, 'log-level': 'error'}, 'rsg-test');
  const {client} = deps;
  await client.create(CUSTOM_RESOURCE_DEFINITION, asKubeObject(renderCrd()));
  const controller = runControllerProcess(controllerConfig(kubeconfig), end.signal);
  const list = async (type: ResourceType, labelSelector?: string): Promise<readonly KubeObject[]> =>
    (await client.list({type, namespace: NAMESPACE, ...(labelSelector === undefined ? {} : {labelSelector})})).items;
  const rsg = async (): Promise<Rsg> => {
    const parsed = parseRsg(await client.get({type: RSG_TYPE, namespace: NAMESPACE, name: NAME}));
    if ('problem' in parsed) throw new Error(parsed.problem);
    return parsed.rsg;
  };
  const uids = (pods: readonly KubeObject[]): string[] => pods.map(({metadata}) => metadata.uid ?? '').sort();
  const patch = async (spec: object, subresource?: 'scale'): Promise<void> => {
    await client.patch({type: RSG_TYPE, namespace: NAMESPACE, name: NAME}, {spec}, subresource === undefined ? {} : {subresource});
  };
  return {
    client,
    rsg,
    create: async (...objects) => {
      for (const object of objects.map(asKubeObject)) await client.create(TYPES[object.kind] ?? POD, object);
    },
    patchRsg: (spec) => patch(spec),
    scale: (replicas) => patch({replicas}, 'scale'),
    settled: async (groups) => {
      await eventually(`${String(groups)} available groups`, async () => {
        const {status} = await rsg();
        const {replicas, availableReplicas, terminatingReplicas = 0, drainingReplicas = 0} = status;
        return replicas === groups && availableReplicas === groups && terminatingReplicas + drainingReplicas === 0;
      });
    },
    replicas: async () => {
      const of = async (type: ResourceType): Promise<Workload[]> => (await list(type)).map((object) => ({type, object}));
      const all = [...(await of(DEPLOYMENT)), ...(await of(STATEFUL_SET))];
      const live = all.filter(({object}) => object.metadata.deletionTimestamp === undefined);
      return Object.fromEntries(live.map((one): [string, number] => [one.object.metadata.name, replicasOf(one)]).sort());
    },
    podsOf: async (group) => uids(await list(POD, `${LABELS.group}=${group}`)),
    originalPods: async () => uids(await list(POD, `!${LABELS.group}`)),
    endpoints: async (service) => {
      const slices = await list(ENDPOINT_SLICE, `kubernetes.io/service-name=${service}`);
      const ready = slices.flatMap((slice) => asObjects(slice['endpoints'])).filter((one) => asObject(one['conditions'])['ready'] === true);
      return ready.map((one) => String(asObject(one['targetRef'])['name'])).sort();
    },
    stop: async () => {
      end.abort();
      await Promise.all([controller, cluster.done]);
      close();
      await rm(directory, {recursive: true, force: true});
    },
  };
}

function controllerConfig(kubeconfig: string): Parameters<typeof runControllerProcess>[0] {
  const flags = {kubeconfig, 'leader-elect': 'false', 'http-address': '127.0.0.1:0', 'scrape-interval': '200ms', 'log-level': 'error'};
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const read = readConfig(FLAGS.controller, args, {});
  if ('mistakes' in read) throw new Error(read.mistakes.join('; '));
  return read.config;
}

function asKubeObject(object: object): KubeObject {
  if (!('apiVersion' in object && 'kind' in object && 'metadata' in object)) throw new Error('not a Kubernetes object');
  return object as KubeObject;
}
