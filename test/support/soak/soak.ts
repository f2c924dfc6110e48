/**
 * Kills the controller at random moments while users, autoscalers and accidents go on, and now and then the API server or etcd. Between
 * bouts it waits for quiet and looks whether everything is as it must be; in the end it reads the audit log.
 */
import assert from 'node:assert/strict';
import {setTimeout as sleep} from 'node:timers/promises';
import {messageOf} from '../../../src/runtime/errors.ts';
import type {ControlPlane} from '../control-plane.ts';
import type {ControllerProcess} from '../controller.ts';
import {eventually} from '../wait.ts';
import {checkAudit, type AuditReport} from './audit.ts';
import {createDice, type Dice} from './chance.ts';
import {assertLasting, assertSettled} from './checks.ts';
import {moveOnce} from './moves.ts';
import {createWorld, readRsg, rsgRef, SHAPES, type Shape, type World} from './world.ts';

export interface SoakOptions {
  readonly kills: number;
  readonly seed: number;
  /** Kills between two times of quiet. */
  readonly killsPerBout: number;
  /** Called with a line about what happens. */
  readonly told: (line: string) => void;
}

export interface SoakReport {
  readonly kills: number;
  readonly restarts: Readonly<Record<'etcd' | 'kube-apiserver', number>>;
  readonly moves: ReadonlyMap<string, number>;
  /** How long it took until everything was as it must be, each time. */
  readonly settledMs: readonly number[];
  readonly scaleIns: number;
  readonly audit: AuditReport;
  /** Empty is good. */
  readonly wrong: readonly string[];
}

const SETTLE = {timeoutMs: 90_000, intervalMs: 200};
const QUIET_MS = 10_000;

interface Soak extends SoakOptions {
  readonly world: World;
  readonly controller: ControllerProcess;
  readonly dice: Dice;
  readonly counts: {kills: number; scaleIns: number; restarts: Record<'etcd' | 'kube-apiserver', number>};
  readonly moves: Map<string, number>;
  readonly settledMs: number[];
}

export async function runSoak(
  {cluster, controller}: {cluster: ControlPlane; controller: ControllerProcess},
  options: SoakOptions,
): Promise<SoakReport> {
  const world = await createWorld(cluster, SHAPES);
  const counts = {kills: 0, scaleIns: 0, restarts: {etcd: 0, 'kube-apiserver': 0}};
  const soak: Soak = {...options, world, controller, dice: createDice(options.seed), counts, moves: new Map(), settledMs: []};
  const wrong: string[] = [];
  try {
    await settle(soak);
    for (let bout = 1; counts.kills < options.kills; bout += 1) {
      await disturb(soak, Math.min(options.killsPerBout, options.kills - counts.kills));
      await settle(soak);
      await scaleInByList(soak);
      options.told(`bout ${String(bout)}: ${String(counts.kills)} kills, settled in ${String(soak.settledMs.at(-2))} ms`);
    }
    await assertQuiet(world);
  } catch (error) {
    wrong.push(messageOf(error));
  }
  const audit = checkAudit(await cluster.auditWrites());
  world.client.close();
  return {...counts, moves: soak.moves, settledMs: soak.settledMs, audit, wrong: [...wrong, ...audit.wrong]};
}

/** Moves of every RSG, one after the other each, beside the kills. */
async function disturb(soak: Soak, kills: number): Promise<void> {
  const {world, dice, controller, counts, moves} = soak;
  const over = new AbortController();
  const moving = world.shapes.map(async (shape) => {
    while (!over.signal.aborted) {
      const name = (await moveOnce(world, shape, dice)) ?? 'came too late';
      moves.set(name, (moves.get(name) ?? 0) + 1);
      await sleep(dice.between(50, 1500));
    }
  });
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      await sleep(dice.between(20, 2500));
      await controller.kill();
      counts.kills += 1;
      await sleep(dice.between(0, 3) === 0 ? dice.between(0, 2000) : 0);
      await controller.start();
    }
    const program = dice.oneOf(['etcd', 'kube-apiserver'] as const);
    await world.cluster.restart(program, dice.oneOf(['SIGTERM', 'SIGKILL'] as const));
    counts.restarts[program] += 1;
    await sleep(dice.between(0, 2000));
  } finally {
    over.abort();
    await Promise.all(moving);
  }
}

async function settle({world, settledMs}: Soak): Promise<void> {
  const started = Date.now();
  await Promise.all(
    world.shapes.map(async (shape) => {
      await eventually(`${shape.namespace} goes on`, () => world.client.patch(rsgRef(shape), {spec: {paused: false}}), SETTLE);
      await eventually(`${shape.namespace} is settled`, () => assertSettled(world, shape).then(() => true), SETTLE);
      await assertLasting(world, shape);
    }),
  );
  settledMs.push(Date.now() - started);
}

/** A full list and fewer groups, with the controller killed in between: exactly the first of the list go. */
async function scaleInByList(soak: Soak): Promise<void> {
  const {world, dice, controller, counts} = soak;
  await Promise.all(world.shapes.map((shape) => world.client.patch(rsgRef(shape), {spec: {replicas: 4}})));
  await settle(soak);
  const expected = await Promise.all(world.shapes.map(async (shape) => ({shape, stay: await shrink(soak, shape)})));
  await sleep(dice.between(0, 1500));
  await controller.kill();
  counts.kills += 1;
  await controller.start();
  await settle(soak);
  for (const {shape, stay} of expected) {
    const groups = ((await readRsg(world, shape)).status.groups ?? []).filter(({phase}) => phase !== 'Parked').map(({id}) => id);
    assert.deepEqual(groups.sort(), stay, `groups of ${shape.namespace} that stay`);
    counts.scaleIns += 1;
  }
}

/** Answers which groups are to stay. */
async function shrink({world, dice}: Soak, shape: Shape): Promise<string[]> {
  const ids = ((await readRsg(world, shape)).status.groups ?? []).filter(({phase}) => phase !== 'Parked').map(({id}) => id);
  const order = dice.shuffled(ids);
  const replicas = dice.between(1, 3);
  await world.client.patch(rsgRef(shape), {spec: {replicas, scalingGroupTask: {sortedGroupList: order}}});
  const taken = (shape.parks ? order : order.filter((id) => id !== 'group0')).slice(0, ids.length - replicas);
  return ids.filter((id) => !taken.includes(id)).sort();
}

/** In a steady state nothing is written. */
async function assertQuiet({cluster}: World): Promise<void> {
  await sleep(QUIET_MS / 2);
  const ours = async (): Promise<number> =>
    (await cluster.auditWrites()).filter(({userAgent, resource}) => userAgent.startsWith('rsg-controller') && resource !== 'leases').length;
  const before = await ours();
  await sleep(QUIET_MS);
  assert.equal((await ours()) - before, 0, 'writes while nothing changes');
}
