/** The two servers that every conformance case runs against. */
import {before, describe, after} from 'node:test';
import {renderCrd} from '../../src/api/crd.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {createLog} from '../../src/runtime/log.ts';
import {systemRandom} from '../../src/runtime/random.ts';
import {startSandbox} from '../../src/sandbox/sandbox.ts';
import {createApiClient, type ApiClient} from '../support/api-client.ts';
import {controlPlaneSkip, startControlPlane} from '../support/control-plane.ts';
import {credentialsOf} from '../support/kubeconfig-credentials.ts';
import type {Credentials} from '../support/kubectl.ts';
import {eventually} from '../support/wait.ts';

export interface Subject {
  readonly credentials: Credentials;
  stop(): Promise<void>;
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const RSGS = '/apis/resourcescalinggroup.com/v1/namespaces/default/resourcescalinggroups';

export async function sandboxSubject(): Promise<Subject & {readonly kubeconfig: string}> {
  const deps = {clock: systemClock, random: systemRandom, log: createLog('error')};
  const sandbox = await startSandbox({port: 0}, deps);
  const credentials = credentialsOf(sandbox.kubeconfig);
  return {credentials, kubeconfig: sandbox.kubeconfig, stop: () => sandbox.close()};
}

async function realSubject(): Promise<Subject> {
  const cluster = await startControlPlane({kwok: false});
  return {credentials: cluster, stop: () => cluster.stop()};
}

export async function installRsg(api: ApiClient): Promise<void> {
  await api.ok('POST', CRDS, {body: renderCrd()});
  await eventually('the kind is served', async () => (await api.send('GET', RSGS)).status === 200);
}

/** Registers the cases twice: for the sandbox, and for the real API server where it is at hand. */
export function onBothServers(register: (api: () => ApiClient) => void): void {
  const servers = [
    {name: 'the sandbox', start: sandboxSubject, skip: false},
    {name: 'a real API server', start: realSubject, skip: controlPlaneSkip()},
  ] as const;
  for (const {name, start, skip} of servers) {
    describe(name, {skip}, () => {
      let subject: Subject | undefined;
      let api: ApiClient | undefined;
      before(async () => {
        subject = await start();
        api = createApiClient(subject.credentials);
        await installRsg(api);
      });
      after(async () => {
        api?.close();
        await subject?.stop();
      });
      register(() => {
        if (api === undefined) throw new Error('the server is not running');
        return api;
      });
    });
  }
}
