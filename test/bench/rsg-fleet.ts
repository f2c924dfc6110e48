/** Many RSGs of two Deployments each, made by a plain client, and what can be seen of them by a watch. */
import {KubeConfig} from '@kubernetes/client-node';
import {LABELS, RSG_TYPE} from '../../src/api/labels.ts';
import type {KubeObject} from '../../src/api/objects.ts';
import {parseRsg, type Rsg} from '../../src/api/schema.ts';
import {createKubeClient} from '../../src/kube/client.ts';
import {startReflector} from '../../src/kube/reflector.ts';
import {createStore} from '../../src/kube/store.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {systemRandom} from '../../src/runtime/random.ts';
import type {ControlPlane} from '../support/control-plane.ts';
import {DEPLOYMENT} from '../support/fault-world.ts';
import {silentLog} from '../support/silent-log.ts';
import {workload} from '../support/workloads.ts';
import {plainClient, type PlainClient} from './plain-client.ts';

export interface Member {
  readonly namespace: string;
  readonly name: string;
}

export interface FleetShape {
  readonly count: number;
  readonly namespaces: number;
  readonly replicas: number;
  /** Of each RSG's spec, beside replicas and targets. */
  readonly spec?: object;
}

const ROLES = ['prefill', 'decode'] as const;

/** Creates the namespaces, the Deployments (one replica each) and the RSGs. */
export async function createFleet(cluster: ControlPlane, {count, namespaces, replicas, spec = {}}: FleetShape): Promise<readonly Member[]> {
  const client = plainClient(cluster, 32);
  const members = Array.from({length: count}, (_, at): Member => ({
    namespace: `bench-${String(at % namespaces)}`,
    name: `rsg${String(at)}`,
  }));
  const all = [...new Set(members.map(({namespace}) => namespace))];
  await Promise.all(all.map((name) => client.send('POST', '/api/v1/namespaces', {apiVersion: 'v1', kind: 'Namespace', metadata: {name}})));
  await Promise.all(members.flatMap((member) => ROLES.map((role) => createDeployment(client, member, `${role}-${member.name}`))));
  await Promise.all(
    members.map(async (member) => {
      await createRsg(client, member, {replicas, ...spec});
    }),
  );
  client.close();
  return members;
}

export async function createDeployment(client: PlainClient, {namespace}: Member, name: string): Promise<void> {
  await client.send('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, workload({name, namespace, replicas: 1}));
}

/** The RSG `name` over the Deployments `prefill-NAME` and `decode-NAME`. */
export async function createRsg(client: PlainClient, {namespace, name}: Member, spec: object): Promise<void> {
  const targetResources = ROLES.map((role) => ({name: `${role}-${name}`, kind: 'deployment', version: 'apps/v1'}));
  const metadata = {name, namespace};
  await client.send('POST', pathOf({namespace}), {
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: RSG_TYPE.kind,
    metadata,
    spec: {group: {targetResources}, ...spec},
  });
}

export function pathOf({namespace, name}: {namespace: string; name?: string}): string {
  return `/apis/${RSG_TYPE.group}/${RSG_TYPE.version}/namespaces/${namespace}/${RSG_TYPE.plural}${name === undefined ? '' : `/${name}`}`;
}

export async function scaleTo(client: PlainClient, member: Member, replicas: number): Promise<void> {
  await client.send('PATCH', `${pathOf(member)}/scale`, {spec: {replicas}});
}

export interface Observer {
  /** Resolves with the moment (of `performance.now()`) at which the condition held for every RSG of `members`. */
  until(what: string, members: readonly Member[], condition: (rsg: Rsg) => boolean): Promise<number>;
  /** Resolves with the moments at which the next `count` clones of the RSG were seen as they came. */
  nextClones(member: Member, count: number): Promise<readonly number[]>;
  /** Resolves with the moment at which no clone of the RSG was left. */
  noClones(member: Member): Promise<number>;
  stop(): void;
}

const PATIENCE_MS = 280_000;

export async function observe(cluster: ControlPlane): Promise<Observer> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: 60_000, userAgent: 'bench-observer'}, {clock: systemClock});
  const end = new AbortController();
  const rsgs = createStore();
  const deployments = createStore({
    indexers: {rsg: ({metadata}) => [`${metadata.namespace ?? ''}/${metadata.labels?.[LABELS.name] ?? ''}`]},
  });
  const deps = {client, clock: systemClock, log: silentLog, random: systemRandom};
  const reflectors = [
    startReflector({query: {type: RSG_TYPE}, store: rsgs}, deps, end.signal),
    startReflector({query: {type: DEPLOYMENT}, store: deployments}, deps, end.signal),
  ];
  await Promise.all(reflectors.map(({synced}) => synced));

  const within = async <T>(what: string, promise: Promise<T>): Promise<T> => {
    const over = new AbortController();
    const late = systemClock
      .sleep(PATIENCE_MS, over.signal)
      .then(() => Promise.reject(new Error(`not within ${String(PATIENCE_MS)} ms: ${what}`)));
    late.catch(() => undefined);
    try {
      return await Promise.race([promise, late]);
    } finally {
      over.abort();
    }
  };
  const clonesOf = ({namespace, name}: Member): readonly KubeObject[] => deployments.by('rsg', `${namespace}/${name}`);
  return {
    until: (what, members, condition) => {
      const left = new Set(members.map(({namespace, name}) => `${namespace}/${name}`));
      const look = (object: KubeObject | undefined): void => {
        if (object === undefined) return;
        const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
        if (!left.has(key)) return;
        const parsed = parseRsg(object);
        if ('rsg' in parsed && condition(parsed.rsg)) left.delete(key);
      };
      const done = new Promise<number>((resolve) => {
        const check = (object: KubeObject | undefined): void => {
          look(object);
          if (left.size > 0) return;
          unsubscribe();
          resolve(performance.now());
        };
        const unsubscribe = rsgs.onChange(check);
        for (const object of rsgs.list()) look(object);
        check(undefined);
      });
      return within(what, done).catch((error: unknown) => {
        throw new Error(`${what}: ${String(left.size)} left, such as ${[...left].slice(0, 3).join(', ')}`, {cause: error});
      });
    },
    nextClones: (member, count) => {
      const at: number[] = [];
      const done = new Promise<readonly number[]>((resolve) => {
        const unsubscribe = deployments.onChange((now, before) => {
          if (before !== undefined || now?.metadata.labels?.[LABELS.name] !== member.name || now.metadata.namespace !== member.namespace)
            return;
          at.push(performance.now());
          if (at.length < count) return;
          unsubscribe();
          resolve(at);
        });
      });
      return within(`${String(count)} clones of ${member.name}`, done);
    },
    noClones: (member) => {
      const done = new Promise<number>((resolve) => {
        const check = (): void => {
          if (clonesOf(member).length > 0) return;
          unsubscribe();
          resolve(performance.now());
        };
        const unsubscribe = deployments.onChange(check);
        check();
      });
      return within(`no clones of ${member.name}`, done);
    },
    stop: () => {
      end.abort();
      client.close();
    },
  };
}

/** So many groups, all available, every clone known to be the same as its original, and nothing left to do. */
export function inSync(groups: number): (rsg: Rsg) => boolean {
  return ({metadata, status}) =>
    status.observedGeneration === metadata.generation &&
    status.replicas === groups &&
    status.availableReplicas === groups &&
    status.terminatingReplicas === 0 &&
    (status.pendingGroups ?? []).length === 0 &&
    (status.groups ?? []).every(({origin, members}) => origin === true || members.every(({synced}) => synced === true));
}
