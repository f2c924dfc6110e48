/**
 * Plays the Deployment controller for benches: reports every Deployment as rolled out and available, and makes no pods, so that what is
 * measured is the API server and RSG and not who makes pods. Needs a control plane without `deployment-controller`.
 */
import {KubeConfig} from '@kubernetes/client-node';
import type {KubeObject} from '../../src/api/objects.ts';
import {withAllReady} from '../../src/api/workload-status.ts';
import {createKubeClient} from '../../src/kube/client.ts';
import {startReflector} from '../../src/kube/reflector.ts';
import {createStore} from '../../src/kube/store.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {systemRandom} from '../../src/runtime/random.ts';
import type {ControlPlane} from '../support/control-plane.ts';
import {DEPLOYMENT} from '../support/fault-world.ts';
import {silentLog} from '../support/silent-log.ts';

/** The option of `startControlPlane` that leaves Deployments to this. */
export const WITHOUT_DEPLOYMENTS = '*,-deployment-controller';

export interface PlayedDeployments {
  stop(): void;
}

export function playDeployments(cluster: ControlPlane): PlayedDeployments {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: 60_000, userAgent: 'bench-kind', maxInFlight: 16}, {clock: systemClock});
  const end = new AbortController();
  const store = createStore();
  const report = async (object: KubeObject): Promise<void> => {
    const {name, namespace} = object.metadata;
    const {status} = withAllReady({type: DEPLOYMENT, object}) as {status?: unknown};
    await client.patch({type: DEPLOYMENT, namespace, name}, {status}, {subresource: 'status', signal: end.signal});
  };
  store.onChange((now, before) => {
    if (now === undefined || now.metadata.generation === before?.metadata.generation) return;
    // One that has gone meanwhile needs no status.
    report(now).catch(() => undefined);
  });
  startReflector({query: {type: DEPLOYMENT}, store}, {client, clock: systemClock, log: silentLog, random: systemRandom}, end.signal);
  return {
    stop: () => {
      end.abort();
      client.close();
    },
  };
}
