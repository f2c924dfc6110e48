/**
 * A load that the pods of a role share evenly, whatever their number, played by `engines.ts`. The role of a pod is what its name starts
 * with: `prefill-…`, `decode-…`.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import type {ControlPlane} from './control-plane.ts';
import {startEngines, type Engine} from './engines.ts';

export interface LoadedPod {
  readonly name: string;
  readonly ip: string;
  readonly role: string;
}

export interface SharedLoad {
  readonly port: number;
  /** By role, over all of its pods: waiting requests, and KV caches in use. */
  readonly totals: Map<string, {readonly waiting: number; readonly kvUsage: number}>;
  /** Which pods misbehave, and how. */
  fault: (pod: LoadedPod) => Engine['fault'];
  close(): Promise<void>;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({name: z.string(), deletionTimestamp: z.string().optional()}),
      status: z.object({podIP: z.string().optional(), phase: z.string().optional()}).default({}),
    }),
  ),
});

export async function startSharedLoad(cluster: ControlPlane): Promise<SharedLoad> {
  const engines = await startEngines();
  let pods: readonly LoadedPod[] = [];
  const ended = new AbortController();
  const follow = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      pods = await podsOf(cluster).catch(() => pods);
      await sleep(200, undefined, {signal: ended.signal}).catch(() => undefined);
    }
  };
  const following = follow();
  const load: SharedLoad = {
    port: engines.port,
    totals: new Map(),
    fault: () => undefined,
    close: async () => {
      ended.abort();
      await Promise.all([following, engines.close()]);
    },
  };
  engines.answer = (ip) => {
    const pod = pods.find((one) => one.ip === ip);
    if (pod === undefined) return {fault: 'refuse'};
    const {waiting, kvUsage} = load.totals.get(pod.role) ?? {waiting: 0, kvUsage: 0};
    const sharing = pods.filter(({role}) => role === pod.role).length;
    const fault = load.fault(pod);
    return {waiting: waiting / sharing, running: 0, kvUsage: kvUsage / sharing, ...(fault === undefined ? {} : {fault})};
  };
  return load;
}

async function podsOf(cluster: ControlPlane): Promise<LoadedPod[]> {
  const {body} = await cluster.get('/api/v1/namespaces/default/pods');
  return podList
    .parse(JSON.parse(body))
    .items.filter(({metadata, status}) => metadata.deletionTimestamp === undefined && status.phase === 'Running')
    .map(({metadata: {name}, status: {podIP = ''}}) => ({name, ip: podIP, role: name.split('-')[0] ?? ''}));
}
