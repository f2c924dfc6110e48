/** List-watch through every fault: in the end the store holds what the server has. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import type {KubeObject, ResourceType} from '../../../src/api/objects.ts';
import {createKubeClient} from '../../../src/kube/client.ts';
import {startReflector} from '../../../src/kube/reflector.ts';
import {createStore} from '../../../src/kube/store.ts';
import {systemRandom} from '../../../src/runtime/random.ts';
import {NAMESPACE, type ApiServer} from '../api-server.ts';
import {startFaultProxy, type Fault, type FaultProxy, type Rule} from '../fault-proxy.ts';
import {scaledClock} from '../scaled-clock.ts';
import {silentLog} from '../silent-log.ts';
import {eventually} from '../wait.ts';

const CONFIG_MAP: ResourceType = {group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true};
const lists = ({when, ...rule}: Omit<Rule, 'when'> & Partial<Pick<Rule, 'when'>>): Rule => ({
  ...rule,
  when: (seen) => seen.method === 'GET' && !seen.watch && (when?.(seen) ?? true),
});
const watches = (rule: Omit<Rule, 'when'>): Rule => ({...rule, when: ({watch}) => watch});
const stream = (then: Extract<Fault, {do: 'stream'}>['then'], after = 2): Fault => ({do: 'stream', after, then});

/** Each twice or more, so that recovering from the first is seen not to be luck. */
const FAULTS: readonly [string, Rule][] = [
  ['lists that are refused', lists({fault: {do: 'refuse'}, times: 6})],
  ['lists that get 500', lists({fault: {do: 'answer', status: 500, reason: 'InternalError'}, times: 6})],
  ['lists that get 429', lists({fault: {do: 'answer', status: 429, reason: 'TooManyRequests', retryAfter: 1}, times: 3})],
  ['lists that get 410', lists({fault: {do: 'answer', status: 410, reason: 'Expired'}, times: 2})],
  ['lists that are garbled', lists({fault: {do: 'garble'}, times: 5})],
  ['lists that stall', lists({fault: {do: 'stall'}, times: 1})],
  ['watches that are refused', watches({fault: {do: 'refuse'}, times: 3})],
  ['watches that get 410', watches({fault: {do: 'answer', status: 410, reason: 'Expired'}, times: 2})],
  ['watches that get 429 without a time', watches({fault: {do: 'answer', status: 429, reason: 'TooManyRequests'}, times: 3})],
  ['watches that get 503', watches({fault: {do: 'answer', status: 503, reason: 'ServiceUnavailable'}, times: 8})],
  ['watches that stall before they start', watches({fault: {do: 'stall'}, times: 1})],
  ['streams that are reset', watches({fault: stream('reset'), times: 3})],
  ['streams that end', watches({fault: stream('end'), times: 3})],
  ['streams that fall silent', watches({fault: stream('silence'), times: 2})],
  ['streams that say 410', watches({fault: stream('gone'), times: 3})],
  ['streams with a line that is no event', watches({fault: stream('malformed'), times: 3})],
  ['streams that end in the middle of a line', watches({fault: stream('half'), times: 3})],
  ['streams that say everything twice', watches({fault: stream('twice', 0)})],
  ['streams that repeat old events late', watches({fault: stream('late', 0)})],
];

export function listWatchFaults(start: () => Promise<ApiServer>): void {
  let server: ApiServer;
  let proxy: FaultProxy;
  before(async () => {
    server = await start();
    proxy = await startFaultProxy(server.config);
  });
  after(async () => {
    await proxy.close();
    await server.stop();
  });

  describe('a store is the same as the server after', () => {
    for (const [at, [name, rule]] of FAULTS.entries()) {
      test(name, async () => {
        const namespace = `watch-${String(at)}`;
        await server.client.create(NAMESPACE, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: namespace}});
        proxy.reset();
        const applied = proxy.add(rule);
        // Minutes of silence and of backoff pass in seconds.
        const clock = scaledClock(100);
        const client = createKubeClient({config: proxy.config, requestTimeoutMs: 60_000, userAgent: 'test'}, {clock});
        const store = createStore();
        const end = new AbortController();
        const query = {type: CONFIG_MAP, namespace};
        const reflector = startReflector({query, store}, {client, clock, log: silentLog, random: systemRandom}, end.signal);
        for (let round = 0; round < 4; round += 1) await change(server, namespace, round);
        await eventually('the same', async () => {
          const {items} = await server.client.list(query);
          assert.deepEqual(versions(store.list()), versions(items));
          assert.ok(applied() >= Math.min(rule.times ?? 1, 2), `applied ${String(applied())} times`);
          return true;
        });
        end.abort();
        await reflector.done;
        client.close();
      });
    }
  });
}

/** Makes, changes and deletes, so that every kind of event comes. */
async function change({client}: ApiServer, namespace: string, round: number): Promise<void> {
  const name = (at: number): string => `m${String(round)}-${String(at)}`;
  const ref = (at: number) => ({type: CONFIG_MAP, namespace, name: name(at)});
  for (let at = 0; at < 4; at += 1) {
    await client.create(CONFIG_MAP, {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: name(at), namespace}});
  }
  await client.patch(ref(0), {data: {round: String(round)}});
  await client.delete(ref(1), {propagation: 'Background'});
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function versions(objects: readonly KubeObject[]): string[] {
  return objects.map(({metadata}) => `${metadata.name}@${metadata.resourceVersion ?? ''}`).sort();
}
