/**
 * The adapter's own certificate, kept in one Secret that all replicas share: whoever writes first has written it for all, and the others
 * take what is there. Each looks again when the Secret changes, when other names are wanted, and every hour; a renewal is one conditional
 * write, so of several replicas one wins.
 */
import type {KubeObject, ResourceType} from '../../../api/objects.ts';
import {asObject, strings} from '../../../api/json.ts';
import {isKubeError} from '../../../kube/errors.ts';
import {startReflector, type ReflectorDeps} from '../../../kube/reflector.ts';
import {createStore} from '../../../kube/store.ts';
import {messageOf} from '../../../runtime/errors.ts';
import {createCa, createLeaf, type Signed} from '../../../runtime/certificate.ts';
import {BACKDATE_MS, CA_LIFE_MS, dnsNamesOf, LEAF_LIFE_MS, renewalOf, type Renewal, type StoredCertificate} from './rotation.ts';

const SECRET: ResourceType = {group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true};
const LOOK_AGAIN_MS = 3_600_000;
const RETRY_MS = 5_000;

export interface SharedCertificateOptions {
  readonly namespace: string;
  /** Name of the Secret. */
  readonly name: string;
  /** What the certificate must be valid for; asked anew each time. */
  readonly dnsNames: () => readonly string[];
  /** Called with each certificate that is to be used from now on. */
  readonly onCertificate: (certificate: StoredCertificate) => void;
}

export interface SharedCertificate {
  /** Looks now: other names are wanted. */
  readonly look: () => void;
  /** Resolves when it has ended. */
  readonly done: Promise<void>;
}

export function keepSharedCertificate(options: SharedCertificateOptions, deps: ReflectorDeps, signal: AbortSignal): SharedCertificate {
  const {clock, log} = deps;
  const store = createStore();
  const query = {type: SECRET, namespace: options.namespace, fieldSelector: `metadata.name=${options.name}`};
  const reflector = startReflector({query, store}, deps, signal);
  let woken = new AbortController();
  const look = (): void => {
    woken.abort();
  };
  store.onChange(look);
  let used = '';
  const once = async (): Promise<void> => {
    const secret = store.get(options.namespace, options.name);
    const stored = readSecret(secret);
    const renewal = renewalOf(stored, options.dnsNames(), clock.now());
    if (renewal !== 'nothing') {
      store.apply(await write({secret, stored, renewal, options}, deps, signal));
      log.info({secret: `${options.namespace}/${options.name}`, renewal}, 'the certificate was renewed');
    }
    const current = readSecret(store.get(options.namespace, options.name));
    if (current === undefined || current.cert + current.ca === used) return;
    used = current.cert + current.ca;
    options.onCertificate(current);
  };
  const run = async (): Promise<void> => {
    await reflector.synced;
    while (!signal.aborted) {
      woken = new AbortController();
      let pauseMs = LOOK_AGAIN_MS;
      try {
        await once();
      } catch (error) {
        // Another replica was first: what it wrote comes with the watch.
        if (!isKubeError(error, 'Conflict', 'AlreadyExists')) log.warn({error: messageOf(error)}, 'the certificate could not be renewed');
        pauseMs = RETRY_MS;
      }
      await clock.sleep(pauseMs, AbortSignal.any([signal, woken.signal]));
    }
    await reflector.done;
  };
  return {look, done: run()};
}

function readSecret(secret: KubeObject | undefined): StoredCertificate | undefined {
  if (secret === undefined) return undefined;
  const data = strings(asObject(secret['data']));
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const [cert, key, ca, caKey] = [text('tls.crt'), text('tls.key'), text('ca.crt'), text('ca.key')];
  return cert === '' || key === '' ? undefined : {cert, key, ca: ca === '' ? cert : ca, caKey: caKey === '' ? undefined : caKey};
}

interface Writing {
  readonly secret: KubeObject | undefined;
  readonly stored: StoredCertificate | undefined;
  readonly renewal: Renewal;
  readonly options: SharedCertificateOptions;
}

async function write(
  {secret, stored, renewal, options}: Writing,
  {client, clock}: ReflectorDeps,
  signal: AbortSignal,
): Promise<KubeObject> {
  const from = clock.now() - BACKDATE_MS;
  const ca = await caFor(stored, renewal, from);
  // Names once asked for stay: replicas that know of different ones do not undo each other's work.
  const dnsNames = [...new Set([...(stored === undefined ? [] : dnsNamesOf(stored.cert)), ...options.dnsNames()])];
  const leaf = await createLeaf(ca, {commonName: 'rsg-metrics-adapter', dnsNames, usages: ['server'], from, until: from + LEAF_LIFE_MS});
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const data = {'tls.crt': encode(leaf.cert), 'tls.key': encode(leaf.key), 'ca.crt': encode(ca.cert), 'ca.key': encode(ca.key)};
  const {namespace, name} = options;
  if (secret === undefined) {
    const object = {apiVersion: 'v1', kind: 'Secret', metadata: {namespace, name}, type: 'kubernetes.io/tls', data};
    return await client.create(SECRET, object, {signal});
  }
  return await client.replace({type: SECRET, namespace, name}, {...secret, data}, {signal});
}

async function caFor(stored: StoredCertificate | undefined, renewal: Renewal, from: number): Promise<Signed> {
  const before = stored?.caKey === undefined ? undefined : {cert: stored.ca, key: stored.caKey};
  if (before !== undefined && renewal === 'leaf') return before;
  const options = {commonName: 'rsg-metrics-adapter-ca', from, until: from + CA_LIFE_MS};
  return renewal === 'ca-and-leaf' ? await createCa(options, before) : await createCa(options);
}
