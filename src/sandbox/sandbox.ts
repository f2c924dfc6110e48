/**
 * The sandbox's API server: an in-memory Kubernetes API over HTTPS, and the same objects for code in this process. It runs no controllers
 * but the garbage collector and the namespace's; simulators play the others through `store`.
 */
import {randomBytes, randomUUID} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import type {KubeObject} from '../api/objects.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Log} from '../runtime/log.ts';
import type {Random} from '../runtime/random.ts';
import {startServer} from './http/server.ts';
import {createPki, type Pki} from './http/pki.ts';
import {kubeconfigText} from './kubeconfig.ts';
import {createKindRegistry, type KindRegistry} from './kinds/registry.ts';
import type {ChangeEvent, ObjectStore} from './object-store.ts';
import {CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, NAMESPACE, SERVICE, SERVICE_ACCOUNT} from './resource-types.ts';
import {createMemoryStore, type MemoryStore} from './storage/memory-store.ts';

export interface SandboxOptions {
  /** Of 127.0.0.1; 0 is any free one. */
  readonly port: number;
  /** Where to write the administrator's kubeconfig, if anywhere. */
  readonly kubeconfigOut?: string | undefined;
  /** How many changes a watch can start behind; default 5000. */
  readonly historyLimit?: number;
}

export interface SandboxDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Sandbox {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** The administrator's, as YAML text. */
  readonly kubeconfig: string;
  /** The administrator's bearer token, for who cannot present the kubeconfig's certificate. */
  readonly token: string;
  readonly store: ObjectStore;
  close(): Promise<void>;
}

const HISTORY = 5000;
const HOST = '127.0.0.1';
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

const KUBERNETES_SERVICE: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {name: 'kubernetes', namespace: 'default', labels: {component: 'apiserver', provider: 'kubernetes'}},
  spec: {clusterIP: '10.96.0.1', ports: [{name: 'https', port: 443, targetPort: 6443}]},
};

export async function startSandbox(options: SandboxOptions, {clock, random, log}: SandboxDeps): Promise<Sandbox> {
  const kinds = createKindRegistry();
  const pki = await createPki(clock);
  const store = createMemoryStore({historyLimit: options.historyLimit ?? HISTORY}, {kinds, clock, random, uid: randomUUID});
  store.onChange((event) => {
    follow(event, {store, kinds, pki});
  });
  for (const name of NAMESPACES) store.create(NAMESPACE, {apiVersion: 'v1', kind: 'Namespace', metadata: {name}});
  store.create(CONFIG_MAP, extensionAuthentication(pki));
  store.create(SERVICE, KUBERNETES_SERVICE);
  const token = randomBytes(24).toString('hex');
  const server = await startServer({host: HOST, port: options.port, pki, token}, {store, kinds, clock, random, log});
  const kubeconfig = kubeconfigText({server: server.url, ca: pki.ca.cert, admin: pki.admin});
  if (options.kubeconfigOut !== undefined) await writeFile(options.kubeconfigOut, kubeconfig, {mode: 0o600});
  return {url: server.url, kubeconfig, token, store, close: () => server.close()};
}

interface Followers {
  readonly store: MemoryStore;
  readonly kinds: KindRegistry;
  readonly pki: Pki;
}

/** What the server's own small controllers do: serve CRDs, give namespaces their service account and root certificate. */
function follow({type, resource, object}: ChangeEvent, {store, kinds, pki}: Followers): void {
  switch (`${resource.group}/${resource.kind}`) {
    case `${CUSTOM_RESOURCE_DEFINITION.group}/${CUSTOM_RESOURCE_DEFINITION.kind}`:
      if (type === 'DELETED') kinds.unregister(object);
      else kinds.register(object);
      return;
    case `/${NAMESPACE.kind}`:
      if (type === 'ADDED') furnish(object.metadata.name, store, pki);
      return;
    default:
  }
}

function furnish(namespace: string, store: ObjectStore, pki: Pki): void {
  store.create(SERVICE_ACCOUNT, {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name: 'default', namespace}});
  const metadata = {name: 'kube-root-ca.crt', namespace};
  store.create(CONFIG_MAP, {apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {'ca.crt': pki.ca.cert}});
}

/** Where aggregated APIs find whom to believe about a user's identity. */
function extensionAuthentication(pki: Pki): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {name: 'extension-apiserver-authentication', namespace: 'kube-system'},
    data: {
      'client-ca-file': pki.ca.cert,
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-client-ca-file': pki.frontProxyCa.cert,
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    },
  };
}
