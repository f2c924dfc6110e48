/**
 * A real Kubernetes control plane for one test file: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and KWOK (which
 * plays the kubelets) on free ports of 127.0.0.1, in a temporary folder, from the programs in KUBEBUILDER_ASSETS.
 */
import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {z} from 'zod';
import {apiServerCommand, controllerManagerCommand, etcdCommand, kwokCommand, schedulerCommand, type Layout} from './components.ts';
import {auditPolicy, certificateUser, kubeconfig, nodeList} from './control-plane-files.ts';
import {apiGet, runKubectl, type Credentials} from './kubectl.ts';
import type {Outcome} from './outcome.ts';
import {writePki} from './pki.ts';
import {freePorts, ProcessGroup} from './processes.ts';
import {eventually} from './wait.ts';

const NEEDED = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'];

export interface ControlPlaneOptions {
  /** Record every write for `auditWrites`; `false`: record nothing, not even what the program's ServiceAccounts ask. */
  readonly audit?: boolean;
  /** Ready nodes and running pods; default: where the programs kwok and kube-scheduler are there. */
  readonly kwok?: boolean;
  /** Addresses of pods; the default is loopback, so that one server can play every pod's engine. */
  readonly podCidr?: string;
  /** How often HPAs are evaluated: `2s`. */
  readonly hpaSync?: string;
  /** What kube-controller-manager runs, as its flag takes it: `*,-deployment-controller`. */
  readonly controllers?: string;
}

export interface AuditedRequest {
  readonly user: string;
  readonly userAgent: string;
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** Refused by RBAC, and not by admission. */
  readonly forbidden: boolean;
  /** When its headers were there. */
  readonly receivedAt: string;
  /** When it was answered. */
  readonly at: string;
}

export interface ControlPlane extends Credentials {
  readonly directory: string;
  /** Admin kubeconfig with a client certificate. */
  readonly kubeconfig: string;
  /** The same rights by bearer token. */
  readonly tokenKubeconfig: string;
  kubectl(...args: string[]): Promise<Outcome>;
  /** kubectl with something on its standard input. */
  kubectlWith(stdin: string, ...args: string[]): Promise<Outcome>;
  /** Its output; throws with its stderr when it fails. */
  kubectlOk(...args: string[]): Promise<string>;
  /** `kubectl apply` of YAML text, of an object, or of several. */
  apply(manifest: string | object | readonly object[]): Promise<string>;
  get(path: string): Promise<{readonly status: number; readonly body: string}>;
  auditWrites(): Promise<AuditedRequest[]>;
  /** Everything that the ServiceAccounts of the namespaces `default` and `rsg-system` asked, and other users' writes as `audit` says. */
  requests(): Promise<AuditedRequest[]>;
  /** Ends one of its programs and starts it anew, what is stored being kept; resolves when the API server is ready again. */
  restart(program: 'etcd' | 'kube-apiserver', how: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The controllers of Deployments, StatefulSets and all the others stand still, until the function that it answers is called. */
  pauseControllers(): () => void;
  stop(): Promise<void>;
}

/** False when cluster tests can run; else why not and what to do, for the `skip` option of a test. */
export function controlPlaneSkip(): string | false {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const how =
    'set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager and kubectl (CONTRIBUTING.md says how)';
  if (assets === undefined || assets === '') return `no control plane: ${how}`;
  const missing = NEEDED.filter((program) => !existsSync(join(assets, program)));
  return missing.length === 0 ? false : `KUBEBUILDER_ASSETS lacks ${missing.join(', ')}: ${how}`;
}

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const skip = controlPlaneSkip();
  if (skip !== false) throw new Error(skip);
  const bin = process.env['KUBEBUILDER_ASSETS'] ?? '';
  const directory = await mkdtemp(join(tmpdir(), 'rsg-cluster-'));
  const processes = new ProcessGroup(directory);
  const stop = async (): Promise<void> => {
    await processes.stop();
    await rm(directory, {recursive: true, force: true, maxRetries: 5, retryDelay: 100});
  };
  try {
    const layout = await prepare(bin, directory, options);
    const cluster = controlPlane(layout, await credentials(layout), {processes, stop});
    await boot(layout, {cluster, processes, options});
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Everything on disk that the processes read. */
async function prepare(bin: string, directory: string, options: ControlPlaneOptions): Promise<Layout> {
  const [port = 0, etcdPort = 0, peerPort = 0] = await freePorts(3);
  const pki = join(directory, 'pki');
  await Promise.all([mkdir(pki), mkdir(join(directory, 'logs'))]);
  await writePki(pki);
  const file = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text, {mode: 0o600});
  const ca = await readFile(join(pki, 'ca.crt'));
  const config = (user: string): string => kubeconfig(`https://127.0.0.1:${String(port)}`, ca, user);
  const token = crypto.randomUUID();
  await file('pki/tokens.csv', `${token},token-admin,token-admin,system:masters\n`);
  await file('token-kubeconfig', config(`token: ${token}`));
  await file('kubeconfig', config(await certificateUser(pki, 'admin')));
  await file('kcm.kubeconfig', config(await certificateUser(pki, 'kcm')));
  await file('scheduler.kubeconfig', config(await certificateUser(pki, 'scheduler')));
  await file('audit-policy.yaml', auditPolicy(options.audit === true));
  return {bin, directory, port, etcdPort, peerPort};
}

async function credentials(layout: Layout): Promise<Credentials> {
  const pem = (name: string): Promise<string> => readFile(join(layout.directory, 'pki', name), 'utf8');
  const [ca, cert, key] = await Promise.all([pem('ca.crt'), pem('admin.crt'), pem('admin.key')]);
  return {url: `https://127.0.0.1:${String(layout.port)}`, ca, cert, key};
}

interface Boot {
  readonly cluster: ControlPlane;
  readonly processes: ProcessGroup;
  readonly options: ControlPlaneOptions;
}

async function boot(layout: Layout, {cluster, processes, options}: Boot): Promise<void> {
  const start = (name: string, command: readonly string[]): unknown =>
    processes.start(name, command, {cwd: layout.directory, logFile: join(layout.directory, 'logs', `${name}.log`)});
  const has = (program: string): boolean => existsSync(join(layout.bin, program));
  const answers = async (path: string): Promise<boolean> => {
    await processes.assertAlive();
    return (await cluster.get(path)).status === 200;
  };
  const patient = {timeoutMs: 60_000, intervalMs: 50};
  start('etcd', etcdCommand(layout));
  start('kube-apiserver', apiServerCommand(layout, options.audit !== false));
  await eventually('kube-apiserver is ready', () => answers('/readyz'), patient);
  start(
    'kube-controller-manager',
    controllerManagerCommand(layout, {hpaSync: options.hpaSync ?? '2s', controllers: options.controllers ?? '*'}),
  );
  const withNodes = options.kwok ?? (has('kwok') && has('kube-scheduler'));
  if (withNodes) {
    start('kube-scheduler', schedulerCommand(layout));
    start('kwok', kwokCommand(layout, options.podCidr ?? '127.64.0.0/12'));
    await cluster.apply(nodeList(10));
    await eventually('nodes are ready', async () => nodesReady((await cluster.get('/api/v1/nodes')).body), patient);
  }
  await eventually('the default service account exists', () => answers('/api/v1/namespaces/default/serviceaccounts/default'), patient);
  await processes.assertAlive();
}

const nodesSchema = z.object({
  items: z.array(z.object({status: z.object({conditions: z.array(z.object({type: z.string(), status: z.string()})).default([])})})),
});

function nodesReady(body: string): boolean {
  const {items} = nodesSchema.parse(JSON.parse(body));
  return items.every((node) => node.status.conditions.some(({type, status}) => type === 'Ready' && status === 'True'));
}

function controlPlane(
  layout: Layout,
  admin: Credentials,
  {processes, stop}: {processes: ProcessGroup; stop: () => Promise<void>},
): ControlPlane {
  const file = (name: string): string => join(layout.directory, name);
  const kubectlWith = (stdin: string, ...args: string[]): Promise<Outcome> =>
    runKubectl(join(layout.bin, 'kubectl'), ['--kubeconfig', file('kubeconfig'), ...args], {stdin, cacheDirectory: file('kubectl-cache')});
  const ok = async (stdin: string, ...args: string[]): Promise<string> => {
    const {stdout, stderr, code} = await kubectlWith(stdin, ...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
    return stdout;
  };
  const requests = async (): Promise<AuditedRequest[]> => {
    const log = file('logs/audit.log');
    return existsSync(log) ? parseAudit(await readFile(log, 'utf8')) : [];
  };
  return {
    ...admin,
    directory: layout.directory,
    kubeconfig: file('kubeconfig'),
    tokenKubeconfig: file('token-kubeconfig'),
    kubectl: (...args) => kubectlWith('', ...args),
    kubectlWith,
    kubectlOk: (...args) => ok('', ...args),
    apply: (manifest) => ok(manifestText(manifest), 'apply', '--server-side=false', '-f', '-'),
    get: (path) => apiGet(admin, path),
    auditWrites: async () => (await requests()).filter(({verb}) => !['get', 'list', 'watch'].includes(verb)),
    requests,
    restart: async (program, how) => {
      await processes.restart(program, how);
      await eventually('kube-apiserver is ready again', async () => (await apiGet(admin, '/readyz')).status === 200, {timeoutMs: 60_000});
      // It ends by itself when its cache and the server differ, and is kept running by a kubelet elsewhere.
      await processes.restart('kube-scheduler', 'SIGKILL');
    },
    pauseControllers: () => {
      processes.signal('kube-controller-manager', 'SIGSTOP');
      return () => {
        processes.signal('kube-controller-manager', 'SIGCONT');
      };
    },
    stop,
  };
}

function manifestText(manifest: string | object | readonly object[]): string {
  if (typeof manifest === 'string') return manifest;
  return JSON.stringify(Array.isArray(manifest) ? {apiVersion: 'v1', kind: 'List', items: manifest} : manifest);
}

const auditSchema = z.object({
  stage: z.string(),
  verb: z.string(),
  userAgent: z.string().default(''),
  user: z.object({username: z.string()}),
  objectRef: z
    .object({
      apiGroup: z.string().default(''),
      resource: z.string().default(''),
      subresource: z.string().default(''),
      namespace: z.string().default(''),
      name: z.string().default(''),
    })
    .prefault({}),
  responseStatus: z.object({code: z.number().default(0)}).prefault({}),
  requestReceivedTimestamp: z.string(),
  annotations: z.record(z.string(), z.string()).default({}),
  stageTimestamp: z.string(),
});

/** The last line may be half written, so only complete lines count. */
function parseAudit(log: string): AuditedRequest[] {
  const lines = log.slice(0, log.lastIndexOf('\n') + 1).split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => auditSchema.parse(JSON.parse(line)))
    .filter((event) => event.stage === 'ResponseComplete')
    .map(({user, userAgent, verb, objectRef, responseStatus, annotations, requestReceivedTimestamp, stageTimestamp}) => ({
      user: user.username,
      userAgent,
      verb,
      ...objectRef,
      code: responseStatus.code,
      receivedAt: requestReceivedTimestamp,
      forbidden: annotations['authorization.k8s.io/decision'] === 'forbid',
      at: stageTimestamp,
    }));
}
