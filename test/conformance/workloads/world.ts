/** The two clusters that the workload cases run against, and what the cases ask of them. */
import {after, before, describe} from 'node:test';
import {runSimulation} from '../../../src/compose/simulation.ts';
import {asObject, asObjects, type Json} from '../../../src/api/json.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {createLog} from '../../../src/runtime/log.ts';
import {systemRandom} from '../../../src/runtime/random.ts';
import {startSandbox} from '../../../src/sandbox/sandbox.ts';
import {createApiClient, type ApiClient} from '../../support/api-client.ts';
import {controlPlaneSkip, startControlPlane} from '../../support/control-plane.ts';
import {credentialsOf} from '../../support/kubeconfig-credentials.ts';
import {eventually} from '../../support/wait.ts';
import {DEPLOYMENTS, metadataOf, STATEFUL_SETS} from '../cases/objects.ts';
import type {Subject} from '../subject.ts';
import {follow, type Story} from './story.ts';

export const PODS = '/api/v1/namespaces/default/pods';
export const REPLICA_SETS = '/apis/apps/v1/namespaces/default/replicasets';
export const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

/** As under KWOK: pods are there at once, unless their annotations say otherwise. */
const AT_ONCE = {kubelet: {startMs: 0, terminateMs: 0}, nodes: 2, hpa: {syncMs: 1000, downscaleStabilizationMs: 1000}};
/** EndpointSlices of a real cluster refuse loopback addresses. Nothing is ever sent to these. */
const POD_CIDR = '10.64.0.0/16';

export async function simulated(): Promise<Subject & {readonly kubeconfig: string}> {
  const deps = {clock: systemClock, random: systemRandom, log: createLog('error')};
  const sandbox = await startSandbox({port: 0}, deps);
  const end = new AbortController();
  const running = runSimulation(AT_ONCE, sandbox, {deps, signal: end.signal});
  const stop = async (): Promise<void> => {
    end.abort();
    await running;
    await sandbox.close();
  };
  return {credentials: credentialsOf(sandbox.kubeconfig), kubeconfig: sandbox.kubeconfig, stop};
}

async function real(): Promise<Subject> {
  const cluster = await startControlPlane({podCidr: POD_CIDR});
  return {credentials: cluster, stop: () => cluster.stop()};
}

export interface World {
  readonly api: () => ApiClient;
  create(path: string, object: object): Promise<Json>;
  find(path: string, name: string): Promise<Json | undefined>;
  /** Of all objects there the ones with the label `app: APP`. */
  list(path: string, app: string): Promise<readonly Json[]>;
  patch(path: string, name: string, change: object): Promise<Json>;
  remove(path: string, name: string, propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'): Promise<Json>;
  /** Names of the pods, sorted. */
  podNames(app: string): Promise<string[]>;
  /** What happens to the pods of this app from now on. */
  follow(app: string): Promise<Story>;
  /** The object once its status has these fields, without the conditions' times. Fails with what it has. */
  settles(path: string, name: string, status: object): Promise<Json>;
  gone(path: string, name: string): Promise<void>;
}

function worldOf(api: () => ApiClient): World {
  const find: World['find'] = async (path, name) => {
    const {status, body} = await api().send('GET', `${path}/${name}`);
    return status === 200 ? body : undefined;
  };
  const list: World['list'] = async (path, app) => asObjects((await api().ok('GET', `${path}?labelSelector=app%3D${app}`))['items']);
  return {
    api,
    find,
    list,
    create: (path, object) => api().ok('POST', path, {body: object}),
    patch: (path, name, body) => api().ok('PATCH', `${path}/${name}`, {body, contentType: 'application/merge-patch+json'}),
    remove: (path, name, propagationPolicy) =>
      api().ok('DELETE', `${path}/${name}`, propagationPolicy === undefined ? {} : {body: {propagationPolicy}}),
    podNames: async (app) => (await list(PODS, app)).map((pod) => String(metadataOf(pod)['name'])).sort(),
    follow: async (app) => follow(await api().watch(`${PODS}?watch=true&labelSelector=app%3D${app}`)),
    settles: async (path, name, wanted) => {
      let last: Json = {};
      const has = async (): Promise<boolean> => {
        last = asObject((await find(path, name))?.['status']);
        return Object.entries(wanted).every(([field, value]) => JSON.stringify(last[field]) === JSON.stringify(value));
      };
      await eventually('the status is as wanted', has, {timeoutMs: 60_000}).catch(() => {
        throw new Error(`${name} has the status ${JSON.stringify(last)} instead of ${JSON.stringify(wanted)}`);
      });
      return (await find(path, name)) ?? {};
    },
    gone: async (path, name) => {
      await eventually(`${name} is gone`, async () => (await find(path, name)) === undefined);
    },
  };
}

/** Registers the cases twice: for the sandbox with its simulators, and for the real controllers where they are at hand. */
export function inBothClusters(register: (world: World) => void): void {
  const clusters = [
    {name: 'the sandbox', start: simulated, skip: false},
    {name: 'the real controllers', start: real, skip: controlPlaneSkip()},
  ] as const;
  for (const {name, start, skip} of clusters) {
    describe(name, {skip, concurrency: CASES_AT_ONCE}, () => {
      let subject: Subject | undefined;
      let api: ApiClient | undefined;
      before(async () => {
        subject = await start();
        api = createApiClient(subject.credentials);
      });
      after(async () => {
        api?.close();
        await subject?.stop();
      });
      register(
        worldOf(() => {
          if (api === undefined) throw new Error('the cluster is not running');
          return api;
        }),
      );
    });
  }
}

/** They mostly wait. */
const CASES_AT_ONCE = 8;

interface Shape {
  readonly name: string;
  readonly replicas?: number;
  readonly spec?: object;
  /** `test/ready-after` and `test/terminate-after`, as Go writes durations. */
  readonly readyAfter?: string;
  readonly terminateAfter?: string;
  readonly image?: string;
}

function template({name, readyAfter, terminateAfter, image = 'engine:1'}: Shape): object {
  const annotations = {
    ...(readyAfter === undefined ? {} : {'test/ready-after': readyAfter}),
    ...(terminateAfter === undefined ? {} : {'test/terminate-after': terminateAfter}),
  };
  return {
    metadata: {labels: {app: name}, ...(Object.keys(annotations).length === 0 ? {} : {annotations})},
    spec: {terminationGracePeriodSeconds: 5, containers: [{name: 'engine', image, ports: [{name: 'http', containerPort: 8000}]}]},
  };
}

export function deployment(shape: Shape): object {
  const {name, replicas = 1, spec = {}} = shape;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name, labels: {app: name}},
    spec: {replicas, selector: {matchLabels: {app: name}}, template: template(shape), ...spec},
  };
}

export function statefulSet(shape: Shape): object {
  const {name, replicas = 1, spec = {}} = shape;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {name, labels: {app: name}},
    spec: {replicas, serviceName: name, selector: {matchLabels: {app: name}}, template: template(shape), ...spec},
  };
}

/** A merge patch to another image. */
export function withImage(image: string): object {
  return {spec: {template: {spec: {containers: [{name: 'engine', image, ports: [{name: 'http', containerPort: 8000}]}]}}}};
}

export {DEPLOYMENTS, STATEFUL_SETS};
