/** An API server for suites that run on a real control plane and in memory alike: where it is, and what tests ask of it. */
import {KubeConfig} from '@kubernetes/client-node';
import {renderCrd} from '../../src/api/crd.ts';
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import {createKubeClient, type KubeClient} from '../../src/kube/client.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {systemRandom} from '../../src/runtime/random.ts';
import {startSandbox} from '../../src/sandbox/sandbox.ts';
import {startControlPlane} from './control-plane.ts';
import {silentLog} from './silent-log.ts';
import {eventually} from './wait.ts';

export interface ApiServer {
  /** An administrator's. */
  readonly config: KubeConfig;
  /** Straight to the server, past every fault. */
  readonly client: KubeClient;
  stop(): Promise<void>;
}

export const NAMESPACE: ResourceType = {group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false};
const CRD: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** With the CRD in place. Pods are not played: nothing in these suites waits for them. */
export async function realApiServer(): Promise<ApiServer> {
  const plane = await startControlPlane({kwok: false});
  const config = new KubeConfig();
  config.loadFromFile(plane.kubeconfig);
  return await withCrd(config, () => plane.stop());
}

/** The sandbox, in this process. */
export async function sandboxApiServer(): Promise<ApiServer> {
  const sandbox = await startSandbox({port: 0}, {clock: systemClock, random: systemRandom, log: silentLog});
  const config = new KubeConfig();
  config.loadFromString(sandbox.kubeconfig);
  return await withCrd(config, () => sandbox.close());
}

/** `stop` ends the server. */
async function withCrd(config: KubeConfig, stop: () => Promise<void>): Promise<ApiServer> {
  const client = createKubeClient({config, requestTimeoutMs: 20_000, userAgent: 'test'}, {clock: systemClock});
  const server: ApiServer = {
    config,
    client,
    stop: async () => {
      client.close();
      await stop();
    },
  };
  try {
    await client.create(CRD, renderCrd() as KubeObject);
    await eventually('the kind is served', () => client.raw('/apis/resourcescalinggroup.com/v1/resourcescalinggroups'));
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
