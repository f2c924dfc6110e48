/**
 * From the write of /scale to the last clone, 1 to 50 groups of two Deployments, and back to the last clone gone, against a plain keep-alive
 * client that creates and deletes the same 98 objects at once; and from the write to the first create, 1 to 2 groups. Ten alternating
 * rounds on one control plane, whose Deployments the bench plays. The built program.
 *
 *     npm run build && KUBEBUILDER_ASSETS=… node test/bench/scale-out.ts
 */
import {z} from 'zod';
import type {KubeObject} from '../../src/api/objects.ts';
import {isReady} from '../../src/api/workload.ts';
import {DEPLOYMENT} from '../support/fault-world.ts';
import {startBuilt} from './built-controller.ts';
import {row, timed} from './figures.ts';
import type {Named, Observer} from './observer.ts';
import {startRig} from './rig.ts';
import {cloneOf, createFleet, inSync, scaleTo} from './rsg-fleet.ts';

const ROUNDS = 10;
const REACTIONS = 40;
const CLONES = 98;
const FIRST: Named = {namespace: 'bench-0', name: 'rsg0'};
const CLONE = cloneOf(FIRST);
const PLAIN = ({metadata}: KubeObject): boolean => metadata.name.startsWith('plain-');
const NONE = (): boolean => false;
const PATH = `/apis/apps/v1/namespaces/${FIRST.namespace}/deployments`;

const {cluster, plain, observer, stop} = await startRig();
const listSchema = z.object({items: z.array(z.looseObject({metadata: z.looseObject({name: z.string()})}))});

type Copy = object & {readonly metadata: {readonly name: string}};

interface Round {
  readonly out: number;
  readonly in: number;
}

async function withRsg(observer: Observer): Promise<Round> {
  const clones = observer.next(CLONE, CLONES);
  const from = performance.now();
  await scaleTo(plain, FIRST, 50);
  const out = ((await clones).at(-1) ?? Number.NaN) - from;
  await observer.until('50 groups', [FIRST], inSync(50));
  const back = performance.now();
  await scaleTo(plain, FIRST, 1);
  const gone = (await observer.all(CLONE, NONE)) - back;
  await observer.until('one group', [FIRST], inSync(1));
  return {out, in: gone};
}

async function withPlainClient(observer: Observer, objects: readonly Copy[]): Promise<Round> {
  const seen = observer.next(PLAIN, CLONES);
  const from = performance.now();
  await Promise.all(objects.map((object) => plain.send('POST', PATH, object)));
  const out = ((await seen).at(-1) ?? Number.NaN) - from;
  await observer.all(PLAIN, (object) => isReady({type: DEPLOYMENT, object}));
  const back = performance.now();
  const body = {propagationPolicy: 'Foreground'};
  await Promise.all(objects.map(({metadata}) => plain.send('DELETE', `${PATH}/${metadata.name}`, body)));
  const gone = (await observer.all(PLAIN, NONE)) - back;
  return {out, in: gone};
}

/** Of each original as many copies as RSG makes clones; without our labels, since RSG would take them for its own. */
async function copiesOfOriginals(): Promise<readonly Copy[]> {
  const {items} = listSchema.parse(JSON.parse(await plain.send('GET', PATH)));
  return items.flatMap(({metadata: {name}, spec}) =>
    Array.from({length: CLONES / items.length}, (_, at) => ({
      ...{apiVersion: 'apps/v1', kind: 'Deployment', spec},
      metadata: {name: `plain-${name}-${String(at)}`},
    })),
  );
}

try {
  const controller = await startBuilt(cluster);
  await createFleet(cluster, {count: 1, namespaces: 1, replicas: 1, spec: {scaleIn: {drain: {timeoutSeconds: 0}}}});
  await observer.until('bound', [FIRST], inSync(1));
  const objects = await copiesOfOriginals();
  const rounds = {rsg: [] as Round[], plain: [] as Round[]};
  for (let round = -1; round < ROUNDS; round += 1) {
    const [rsg, reference] = [await withRsg(observer), await withPlainClient(observer, objects)];
    if (round < 0) continue;
    rounds.rsg.push(rsg);
    rounds.plain.push(reference);
  }
  for (const [way, what] of [
    ['out', '1 to 50 groups of two: the last of 98 clones is seen'],
    ['in', '50 to 1 groups of two: the last of 98 clones is gone'],
  ] as const) {
    const [ours, reference] = [rounds.rsg.map((one) => one[way]), rounds.plain.map((one) => one[way])];
    row({what, ours, reference, against: 'plain client, the same 98 at once'});
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
    creates.push(await timed(() => plain.send('POST', PATH, object)));
    await plain.send('DELETE', `${PATH}/${object.metadata.name}`);
    await observer.all(PLAIN, NONE);
  }
  row({what: 'from the write of /scale to the first create', ours: reactions, reference: creates, against: 'plain client, one create'});
  await controller.stop();
} finally {
  await stop();
}
