/** A release of the chart in a test's cluster. Its pods are played; the program runs beside them with their arguments and ServiceAccounts. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {z} from 'zod';
import type {ControlPlane} from './control-plane.ts';
import {helmProgram, runHelm} from './helm.ts';
import type {Outcome} from './outcome.ts';
import {freePorts, type ProcessGroup, type Running} from './processes.ts';
import {grantsOf, kubeconfigOf, notMissed, rightOf, usedBy} from './service-account.ts';
import {eventually} from './wait.ts';

export const NAMESPACE = 'rsg-system';
const MAIN = join(import.meta.dirname, '../../src/main.ts');
const args = z.array(z.string());
const deploymentSchema = z.object({spec: z.object({template: z.object({spec: z.object({containers: z.array(z.object({args})).min(1)})})})});

export interface Started extends Running {
  /** By flag, such as `--secure-address`. */
  readonly ports: Readonly<Record<string, number>>;
}

export interface Start {
  /** By flag; those that are not given are free ones. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Folders of this machine in place of those that are mounted: `{'/tls': …}`. */
  readonly mounts?: Readonly<Record<string, string>>;
}

export interface Release {
  helm(...args: string[]): Promise<Outcome>;
  /** Its output; fails with its stderr. */
  ok(...args: string[]): Promise<string>;
  /** What the pods of the Deployment run, on addresses of this machine. Resolves when it is ready. */
  start(deployment: string, how?: Start): Promise<Started>;
  /**
   * Lets the adapter's Service and APIServices lead to the program that was started; resolves once kube-apiserver passes requests on.
   * Answers how to undo it, without which helm finds a conflict at the next upgrade.
   */
  reach(adapter: Started): Promise<() => Promise<void>>;
  /** Does what the pod of the uninstall hook would, reports for it, and answers what it said; `before` the report its rights are still there. */
  playReleaseJob(before?: () => Promise<void>): Promise<string>;
  /** That the account was refused nothing, and needs every right that these roles grant. */
  rights(account: string, roles: (name: string) => boolean): Promise<void>;
}

export async function releaseIn(cluster: ControlPlane, processes: ProcessGroup): Promise<Release> {
  const program = await helmProgram();
  await cluster.kubectlOk('create', 'namespace', NAMESPACE);
  await cluster.kubectlOk('label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted');
  const helm = (...words: string[]): Promise<Outcome> =>
    runHelm(program, [...words, '--namespace', NAMESPACE], {KUBECONFIG: cluster.kubeconfig});
  return {
    helm,
    ok: async (...words) => {
      const {stdout, stderr, code} = await helm(...words);
      assert.equal(code, 0, stderr);
      return stdout;
    },
    start: (deployment, how = {}) => start(deployment, how, {cluster, processes}),
    reach: (adapter) => reach(cluster, adapter),
    playReleaseJob: (before) => playReleaseJob(cluster, before),
    rights: async (account, roles) => {
      const {used, forbidden} = usedBy(await cluster.requests(), `:${NAMESPACE}:${account}`);
      assert.deepEqual(forbidden, [], `${account} lacks`);
      const grants = await grantsOf(cluster, roles);
      const spare = [...new Set(grants.map(rightOf))].filter((right) => !used.has(right));
      assert.deepEqual(spare, [], `${account} does not need`);
      assert.deepEqual(await notMissed(cluster, grants, used), [], `without it nothing that ${account} asked is refused`);
    },
  };
}

const ADDRESSES = ['--http-address', '--secure-address', '--keda-address'];

async function start(
  name: string,
  {ports: fixed = {}, mounts = {}}: Start,
  {cluster, processes}: {cluster: ControlPlane; processes: ProcessGroup},
): Promise<Started> {
  const {spec} = deploymentSchema.parse(JSON.parse(await cluster.kubectlOk('get', 'deployment', name, '-n', NAMESPACE, '-o', 'json')));
  const asMounted = spec.template.spec.containers[0]?.args ?? [];
  const given = asMounted.map((arg) => Object.entries(mounts).reduce((text, [path, here]) => text.replace(`=${path}/`, `=${here}/`), arg));
  const free = await freePorts(ADDRESSES.length);
  const used = ADDRESSES.filter((flag) => given.some((arg) => arg.startsWith(`${flag}=`)));
  const ports: Record<string, number> = {...Object.fromEntries(used.map((flag, at) => [flag, free[at] ?? 0])), ...fixed};
  const others = given.filter((arg) => !Object.keys(ports).some((flag) => arg.startsWith(`${flag}=`)));
  const here = Object.entries(ports).map(([flag, port]) => `${flag}=${flag.endsWith('-url') ? 'http://' : ''}127.0.0.1:${String(port)}`);
  const command = [process.execPath, MAIN, ...others, ...here, '--kubeconfig', await kubeconfigOf(cluster, NAMESPACE, name)];
  const running = processes.start(name, command, {cwd: cluster.directory, logFile: join(cluster.directory, `${name}.log`)});
  const ready = async (): Promise<boolean> => {
    if (running.exited !== undefined) await processes.assertAlive();
    return (await fetch(`http://127.0.0.1:${String(ports['--http-address'])}/readyz`)).ok;
  };
  await eventually(`${name} is ready`, ready, {timeoutMs: 60_000});
  return Object.assign(running, {ports});
}

const APIS = ['v1beta1.external.metrics.k8s.io', 'v1beta1.custom.metrics.k8s.io', 'v1beta2.custom.metrics.k8s.io'];

async function reach(cluster: ControlPlane, {ports}: Started): Promise<() => Promise<void>> {
  const patch = (kind: string, name: string, spec: object): Promise<string> =>
    cluster.kubectlOk('patch', kind, name, '-n', NAMESPACE, '--type=merge', '-p', JSON.stringify({spec}));
  await patch('service', 'rsg-metrics-adapter', {type: 'ExternalName', externalName: 'localhost', clusterIP: null, clusterIPs: null});
  const lead = async (port: number | undefined): Promise<void> => {
    for (const name of APIS) await patch('apiservice', name, {service: {port}});
  };
  await lead(ports['--secure-address']);
  const served = async (): Promise<boolean> => (await cluster.get('/apis/external.metrics.k8s.io/v1beta1')).status === 200;
  await eventually('the API is served', served, {timeoutMs: 60_000});
  return () => lead(443);
}

async function playReleaseJob(cluster: ControlPlane, before: () => Promise<void> = () => Promise.resolve()): Promise<string> {
  const ours = ['-n', NAMESPACE];
  const found = async (): Promise<string | undefined> =>
    (await cluster.kubectlOk('get', 'pods', ...ours, '-l', 'app.kubernetes.io/component=release', '-o', 'name')).trim() || undefined;
  const name = await eventually('the job has a pod', found, {timeoutMs: 60_000});
  const command = args.parse(JSON.parse(await cluster.kubectlOk('get', name, ...ours, '-o', 'jsonpath={.spec.containers[0].args}')));
  const kubeconfig = await kubeconfigOf(cluster, NAMESPACE, 'rsg-release');
  const {stdout, stderr, status} = spawnSync(process.execPath, [MAIN, ...command, '--kubeconfig', kubeconfig], {encoding: 'utf8'});
  assert.equal(status, 0, stderr);
  await before();
  await cluster.kubectlOk('patch', name, ...ours, '--subresource=status', '--type=merge', '-p', '{"status":{"phase":"Succeeded"}}');
  return stdout;
}
