/** A cluster as one command sees it: client, namespace, discovery, from the kubeconfig that kubectl would use. */
import {KubeConfig} from '@kubernetes/client-node';
import {RSG_TYPE} from '../api/labels.ts';
import type {KubeObject, ResourceType} from '../api/objects.ts';
import {parseRsg, type Rsg} from '../api/schema.ts';
import {createKubeClient, type KubeClient} from '../kube/client.ts';
import {createDiscovery, type Discovery} from '../kube/discovery.ts';
import {isKubeError} from '../kube/errors.ts';
import {declaringDiscovery} from '../kube/kind-declarations.ts';
import {messageOf} from '../runtime/errors.ts';
import {declarationOf} from '../api/workload.ts';
import type {WorkloadKind} from '../api/workload-kind.ts';
import type {Arguments} from './arguments.ts';
import {declaredKinds} from './declared-kinds.ts';
import {CliError, UsageError} from './exit.ts';
import type {Io} from './io.ts';

export interface Session {
  readonly client: KubeClient;
  /** Types of workloads carry the operator's declarations. */
  readonly discovery: Discovery;
  /** From `-n`, the context, or `default`. */
  readonly namespace: string;
  close(): void;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Throws a `UsageError` for a context or file that is not there. Sends nothing. */
export function openSession(args: Arguments, {clock, signal}: Pick<Io, 'clock' | 'signal'>): Session {
  const config = kubeConfig(args.value('kubeconfig'));
  const context = args.value('context');
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map(({name}) => name);
      throw new UsageError([`--context ${context}: the kubeconfig has ${known.length === 0 ? 'no contexts' : known.join(', ')}`]);
    }
    config.setCurrentContext(context);
  }
  const client = createKubeClient({config, requestTimeoutMs: REQUEST_TIMEOUT_MS, userAgent: 'kubectl-rsg'}, {clock});
  const fromContext = config.getContextObject(config.getCurrentContext())?.namespace;
  const file = args.value('kind-declarations');
  let read: Promise<readonly WorkloadKind[]> | undefined;
  // Nothing is looked for in the cluster as long as every kind is known.
  const kindsFor = async (type: ResourceType): Promise<readonly WorkloadKind[]> =>
    file === undefined && declarationOf(type) !== undefined ? [] : await (read ??= declaredKinds(file, client, signal));
  return {
    client,
    discovery: declaringDiscovery(createDiscovery({client, clock}), kindsFor),
    namespace: args.value('namespace') ?? fromContext ?? 'default',
    close: () => {
      client.close();
    },
  };
}

function kubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw new UsageError([`the kubeconfig cannot be read: ${messageOf(error)}`]);
  }
  if (config.getCurrentCluster() === null) throw new UsageError(['no cluster: set KUBECONFIG or give --kubeconfig']);
  return config;
}

/** Throws a `CliError` that says what to do when it is not there or does not fit this version. */
export async function readRsg({client, namespace}: Session, name: string): Promise<Rsg> {
  return parsed(await client.get({type: RSG_TYPE, namespace, name}).catch(notThere(name, namespace)));
}

/** Throws a `CliError` where there is nothing left to decide. */
export function refuseDeleted({metadata: {name, deletionTimestamp}}: Rsg): void {
  if (deletionTimestamp !== undefined) throw new CliError(`${name} is being deleted, and its groups with it (kubectl rsg why ${name})`);
}

/** RSGs of one namespace, or of all without one; what this version cannot read is left out and told to `onProblem`. */
export async function readRsgs(client: KubeClient, namespace: string | undefined, onProblem: (problem: string) => void): Promise<Rsg[]> {
  const {items} = await client.list({type: RSG_TYPE, namespace}).catch(notThere('', namespace ?? ''));
  return items.flatMap((object) => {
    const result = parseRsg(object);
    if ('rsg' in result) return result.rsg;
    onProblem(`${object.metadata.name}: ${result.problem}`);
    return [];
  });
}

function parsed(object: KubeObject): Rsg {
  const result = parseRsg(object);
  if ('rsg' in result) return result.rsg;
  throw new CliError(`${object.metadata.name} does not fit this version of the program: ${result.problem}`);
}

/** Throws a `CliError` where the API server has no such kind: it then answers 404 without naming an object. */
export function refuseUnserved(error: unknown): void {
  if (isKubeError(error, 'NotFound') && /could not find the requested resource|page not found|HTTP 404$/u.test(error.message))
    throw new CliError('the cluster does not know ResourceScalingGroups: install the chart, or apply what rsg crd prints');
}

function notThere(name: string, namespace: string): (error: unknown) => never {
  return (error) => {
    if (!isKubeError(error, 'NotFound')) throw error;
    refuseUnserved(error);
    throw new CliError(`no ResourceScalingGroup ${name} in namespace ${namespace} (kubectl get rsg -A lists them)`);
  };
}
