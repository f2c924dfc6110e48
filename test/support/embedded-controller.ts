/** The real controller within a test's process, so that it can be started and ended many times a second. */
import type {KubeConfig} from '@kubernetes/client-node';
import {runController} from '../../src/controller/controller.ts';
import {createKubeClient} from '../../src/kube/client.ts';
import type {Clock} from '../../src/runtime/clock.ts';
import {systemRandom} from '../../src/runtime/random.ts';
import {silentLog} from './silent-log.ts';

export interface EmbeddedController {
  /** Resolves once nothing of it runs any more. It writes nothing on its way out, so where its server is unreachable this is a SIGKILL. */
  end(): Promise<void>;
}

/** On the clocks of these tests, 50 times as fast as the world's, two seconds: a machine that is busy with other things must be able to answer. */
const REQUEST_TIMEOUT_MS = 100_000;

export function embedController({config, namespace, clock}: {config: KubeConfig; namespace: string; clock: Clock}): EmbeddedController {
  const client = createKubeClient({config, requestTimeoutMs: REQUEST_TIMEOUT_MS, userAgent: 'rsg-controller'}, {clock});
  const stop = new AbortController();
  const rules = {targetKinds: ['Deployment.apps', 'StatefulSet.apps'], crossNamespaces: [], declaredKinds: []};
  const deps = {client, clock, log: silentLog, random: systemRandom};
  const running = runController({rules, namespace, identity: 'embedded'}, deps, stop.signal);
  return {
    end: async () => {
      stop.abort();
      await running;
      client.close();
    },
  };
}
