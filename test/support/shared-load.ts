/**
 * A load that the pods of a role share evenly, whatever their number, played by `engines.ts`. The role of a pod is what its name starts
 * with: `prefill-…`, `decode-…`; in a namespace other than `default` with that before it: `blue/prefill`. As behind a Service, new requests
 * go to Ready pods whose engine works, and a pod that is being deleted finishes what it has.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import type {ControlPlane} from './control-plane.ts';
import {startEngines, type Engine} from './engines.ts';

export interface LoadedPod {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly role: string;
}

interface Share {
  readonly waiting: number;
  readonly kvUsage: number;
}

export interface SharedLoad {
  readonly port: number;
  /** By role, over all of its pods: waiting requests, and KV caches in use. */
  readonly totals: Map<string, Share>;
  /** Which pods misbehave, and how. */
  fault: (pod: LoadedPod) => Engine['fault'];
  close(): Promise<void>;
}

interface RunningPod extends LoadedPod {
  readonly uid: string;
  readonly ready: boolean;
  readonly leaving: boolean;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({name: z.string(), namespace: z.string(), uid: z.string(), deletionTimestamp: z.string().optional()}),
      status: z
        .object({
          podIP: z.string().optional(),
          phase: z.string().optional(),
          conditions: z.array(z.object({type: z.string(), status: z.string()})).default([]),
        })
        .prefault({}),
    }),
  ),
});

/** Per look: half of what is to move has moved after a second and a half. */
const DRIFT = 0.1;
const NOTHING: Share = {waiting: 0, kvUsage: 0};

export async function startSharedLoad(cluster: ControlPlane): Promise<SharedLoad> {
  const engines = await startEngines();
  let pods: readonly RunningPod[] = [];
  let shares: ReadonlyMap<string, Share> = new Map();
  const ended = new AbortController();
  const follow = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      pods = await podsOf(cluster).catch(() => pods);
      shares = shared(pods, load, {before: shares, drift: DRIFT});
      await sleep(200, undefined, {signal: ended.signal}).catch(() => undefined);
    }
  };
  const load: SharedLoad = {
    port: engines.port,
    totals: new Map(),
    fault: () => undefined,
    close: async () => {
      ended.abort();
      await Promise.all([following, engines.close()]);
    },
  };
  const following = follow();
  engines.answer = (ip) => {
    const pod = pods.find((one) => one.ip === ip);
    if (pod === undefined) return {fault: 'refuse'};
    const fault = load.fault(pod);
    // What totals say now, not when pods were last looked at.
    const share = shared(pods, load, {before: shares, drift: 0}).get(pod.uid) ?? NOTHING;
    return {running: 0, ...share, ...(fault === undefined ? {} : {fault})};
  };
  return load;
}

/** By pod. Requests end and others come: what each has moves by `drift` towards an even share, and the sum stays the total. */
function shared(
  pods: readonly RunningPod[],
  {totals, fault}: Pick<SharedLoad, 'totals' | 'fault'>,
  {before, drift}: {readonly before: ReadonlyMap<string, Share>; readonly drift: number},
): ReadonlyMap<string, Share> {
  const shares = new Map<string, Share>();
  const had = ({uid}: RunningPod): Share => before.get(uid) ?? NOTHING;
  for (const [role, total] of totals) {
    const all = pods.filter((pod) => pod.role === role);
    const taking = all.filter((pod) => pod.ready && fault(pod) === undefined);
    const leaving = all.filter((pod) => pod.leaving);
    const parts = (of: keyof Share): {readonly kept: readonly number[]; readonly taken: readonly number[]} => {
      const kept = leaving.map((pod) => Math.min(had(pod)[of], total[of]) * (1 - drift));
      const left = Math.max(0, total[of] - sum(kept));
      const even = left / Math.max(1, taking.length);
      const moved = taking.map((pod) => had(pod)[of] + (even - had(pod)[of]) * drift);
      return {kept, taken: moved.map((one) => (sum(moved) === 0 ? even : (one * left) / sum(moved)))};
    };
    const [waiting, kvUsage] = [parts('waiting'), parts('kvUsage')];
    leaving.forEach(({uid}, at) => shares.set(uid, {waiting: waiting.kept[at] ?? 0, kvUsage: kvUsage.kept[at] ?? 0}));
    taking.forEach(({uid}, at) => shares.set(uid, {waiting: waiting.taken[at] ?? 0, kvUsage: kvUsage.taken[at] ?? 0}));
  }
  return shares;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

async function podsOf(cluster: ControlPlane): Promise<RunningPod[]> {
  const {body} = await cluster.get('/api/v1/pods');
  return podList
    .parse(JSON.parse(body))
    .items.filter(({status}) => status.phase === 'Running')
    .map(({metadata: {name, namespace, uid, deletionTimestamp}, status: {podIP = '', conditions}}) => {
      const kind = name.split('-')[0] ?? '';
      const leaving = deletionTimestamp !== undefined;
      const ready = !leaving && conditions.some(({type, status}) => type === 'Ready' && status === 'True');
      return {name, namespace, uid, ip: podIP, role: namespace === 'default' ? kind : `${namespace}/${kind}`, ready, leaving};
    });
}
