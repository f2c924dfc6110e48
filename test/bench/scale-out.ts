/**
 * From the write of /scale to the last clone, 1 to 50 groups of two Deployments, to the last of them with its pod Ready, and back to the
 * last clone gone, against a plain keep-alive client that creates and deletes the same 98 objects at once, under the same ServiceAccount,
 * and against the same client in the order that RSG keeps; and from the write to the first create, 1 to 2 groups. Alternating rounds on
 * one control plane with nodes played by KWOK. The built program.
 *
 *     npm run build && KUBEBUILDER_ASSETS=… node test/bench/scale-out.ts [cold]
 *
 * `cold`: each round after a pause in which the API server has closed idle connections, as it does on a cluster where minutes pass between
 * two scalings. Otherwise all contenders have theirs open.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {KubeConfig} from '@kubernetes/client-node';
import {z} from 'zod';
import type {KubeObject} from '../../src/api/objects.ts';
import {isReady} from '../../src/api/workload.ts';
import {underChartRights} from '../support/chart-rights.ts';
import {DEPLOYMENT} from '../support/fault-world.ts';
import {startBuilt} from './built-controller.ts';
import {row, timed} from './figures.ts';
import type {Named} from './observer.ts';
import {plainClient, type PlainClient} from './plain-client.ts';
import {startRig} from './rig.ts';
import {cloneOf, createFleet, inSync, scaleTo} from './rsg-fleet.ts';

const COLD = process.argv[2] === 'cold';
const ROUNDS = COLD ? 6 : 10;
const REACTIONS = COLD ? 0 : 30;
/** The API server keeps an idle connection for 90 seconds. */
const PAUSE_MS = COLD ? 95_000 : 0;
const MEMBERS = 2;
const CLONES = 49 * MEMBERS;
/** What a round leaves to the garbage collector is not to weigh on the next. */
const REST_MS = 2000;
const FIRST: Named = {namespace: 'bench-0', name: 'rsg0'};
const CLONE = cloneOf(FIRST);
const PLAIN = ({metadata}: KubeObject): boolean => metadata.name.startsWith('plain-');
/** Not the API version of the owner. */
const OUR_KEYS = /"resourcescalinggroup\.com\/(?!v1")/gu;
const NONE = (): boolean => false;
const PATH = `/apis/apps/v1/namespaces/${FIRST.namespace}/deployments`;
const MAPS = `/api/v1/namespaces/${FIRST.namespace}/configmaps`;
const MAP = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'plain'}};

const {cluster, plain, observer, stop} = await startRig({real: true});
const listSchema = z.object({items: z.array(z.looseObject({metadata: z.looseObject({name: z.string()})}))});
const cloneSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    ownerReferences: z.array(z.looseObject({})),
  }),
  spec: z.unknown(),
});

type Copy = object & {readonly metadata: {readonly name: string}};
type Create = (objects: readonly Copy[]) => Promise<void>;
type Round = Readonly<Record<'out' | 'ready' | 'in', number>>;

const isAvailable = (object: KubeObject): boolean => isReady({type: DEPLOYMENT, object});

async function withRsg(): Promise<Round> {
  const clones = observer.next(CLONE, CLONES);
  const from = performance.now();
  await scaleTo(plain, FIRST, 50);
  const out = ((await clones).at(-1) ?? Number.NaN) - from;
  const ready = (await observer.all(CLONE, isAvailable)) - from;
  await observer.until('50 groups', [FIRST], inSync(50));
  const back = performance.now();
  await scaleTo(plain, FIRST, 1);
  const gone = (await observer.all(CLONE, NONE)) - back;
  await observer.until('one group', [FIRST], inSync(1));
  return {out, ready, in: gone};
}

async function withPlainClient(client: PlainClient, objects: readonly Copy[], create: Create): Promise<Round> {
  const seen = observer.next(PLAIN, CLONES);
  const from = performance.now();
  await create(objects);
  const out = ((await seen).at(-1) ?? Number.NaN) - from;
  const ready = (await observer.all(PLAIN, isAvailable)) - from;
  const back = performance.now();
  const body = {propagationPolicy: 'Foreground'};
  await Promise.all(objects.map(({metadata}) => client.send('DELETE', `${PATH}/${metadata.name}`, body)));
  const gone = (await observer.all(PLAIN, NONE)) - back;
  return {out, ready, in: gone};
}

/** What no client can leave out that is to know after its death what it has begun: the wish is stored, then the IDs, and one group goes first. */
async function inOrder(objects: readonly Copy[], atOnce: Create): Promise<void> {
  for (const step of ['wanted', 'reserved']) {
    await plain.send('PATCH', `${MAPS}/${MAP.metadata.name}`, {data: {[step]: String(performance.now())}});
  }
  await atOnce(objects.slice(0, MEMBERS));
  await atOnce(objects.slice(MEMBERS));
}

/**
 * What RSG makes, 49 times each: the clones of one group under other names, with the same owner. Labels and annotations have other keys of
 * the same length, since RSG would take them for its own.
 */
async function copiesOfClones(): Promise<readonly Copy[]> {
  await scaleTo(plain, FIRST, 2);
  await observer.until('two groups', [FIRST], inSync(2));
  const names = listSchema.parse(JSON.parse(await plain.send('GET', PATH))).items.map(({metadata}) => metadata.name);
  const clones = await Promise.all(
    names
      .filter((name) => name.endsWith('-group1'))
      .map(async (name) => {
        const clone = await plain.send('GET', `${PATH}/${name}`);
        return cloneSchema.parse(JSON.parse(clone.replace(OUR_KEYS, '"resourcescalingplain.com/')));
      }),
  );
  await scaleTo(plain, FIRST, 1);
  await observer.until('one group', [FIRST], inSync(1));
  return clones.flatMap(({metadata: {name, labels, annotations, ownerReferences}, spec}) =>
    Array.from({length: CLONES / clones.length}, (_, at) => ({
      ...{apiVersion: 'apps/v1', kind: 'Deployment', spec: foreignTo(spec, at)},
      metadata: {name: `plain-${name}-${String(at)}`, labels, annotations, ownerReferences},
    })),
  );
}

/** Each selects pods of its own. */
function foreignTo(spec: unknown, at: number): unknown {
  return JSON.parse(JSON.stringify(spec).replaceAll('"group1"', `"plain${String(at)}"`));
}

/** As the controller asks: with the token of its ServiceAccount. */
async function sameAccount(): Promise<PlainClient> {
  const config = new KubeConfig();
  config.loadFromFile(await underChartRights(cluster, 'controller'));
  const token = config.getCurrentUser()?.token;
  if (token === undefined) throw new Error('the ServiceAccount has no token');
  return plainClient({url: cluster.url, ca: cluster.ca, token});
}

try {
  const controller = await startBuilt(cluster);
  await createFleet(cluster, {count: 1, namespaces: 1, replicas: 1, spec: {scaleIn: {drain: {timeoutSeconds: 0}}}});
  await observer.until('bound', [FIRST], inSync(1));
  const objects = await copiesOfClones();
  const [reference, orderly] = [await sameAccount(), await sameAccount()];
  await plain.send('POST', MAPS, MAP);
  const atOnce =
    (client: PlainClient): Create =>
    async (some) => {
      await Promise.all(some.map((object) => client.send('POST', PATH, object)));
    };
  const contenders = {
    rsg: withRsg,
    atOnce: () => withPlainClient(reference, objects, atOnce(reference)),
    inOrder: () => withPlainClient(orderly, objects, (all) => inOrder(all, atOnce(orderly))),
  };
  const rounds: Record<keyof typeof contenders, Round[]> = {rsg: [], atOnce: [], inOrder: []};
  for (let round = -1; round < ROUNDS; round += 1) {
    await sleep(PAUSE_MS);
    for (const who of ['rsg', 'atOnce', 'inOrder'] as const) {
      await sleep(REST_MS);
      const measured = await contenders[who]();
      if (round >= 0) rounds[who].push(measured);
    }
  }
  const created = '1 to 50 groups of two: the last of 98 clones is seen';
  const against = {
    atOnce: 'plain client, the same 98 at once, same account',
    inOrder: 'the same, after two writes and one group, each after the other',
  };
  for (const [phase, what, other] of [
    ['out', created, 'atOnce'],
    ['out', created, 'inOrder'],
    ['ready', '1 to 50 groups of two: the last of 98 pods is Ready', 'atOnce'],
    ['in', '50 to 1 groups of two: the last of 98 clones is gone', 'atOnce'],
  ] as const) {
    const times = (who: keyof typeof contenders): number[] => rounds[who].map((one) => one[phase]);
    row({what, ours: times('rsg'), reference: times(other), against: against[other]});
  }
  const reactions: number[] = [];
  const creates: number[] = [];
  for (let turn = 0; turn < REACTIONS; turn += 1) {
    const clones = observer.next(CLONE, 2);
    const from = performance.now();
    await scaleTo(plain, FIRST, 2);
    reactions.push(((await clones)[0] ?? Number.NaN) - from);
    await observer.until('two groups', [FIRST], inSync(2));
    await scaleTo(plain, FIRST, 1);
    await observer.until('one group', [FIRST], inSync(1));
    const [object] = objects;
    if (object === undefined) throw new Error('nothing was made');
    creates.push(await timed(() => reference.send('POST', PATH, object)));
    await plain.send('DELETE', `${PATH}/${object.metadata.name}`);
    await observer.all(PLAIN, NONE);
  }
  if (reactions.length > 0)
    row({what: 'from the write of /scale to the first create', ours: reactions, reference: creates, against: 'plain client, one create'});
  for (const client of [reference, orderly]) client.close();
  await controller.stop();
} finally {
  await stop();
}
