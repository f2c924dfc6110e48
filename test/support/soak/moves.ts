/** What users, autoscalers and accidents do to an RSG, chosen by chance. */
import {isKubeError} from '../../../src/kube/errors.ts';
import type {Dice} from './chance.ts';
import {groupOf, isParked, POD, readMembers, readRsg, refOf, remakeRsg, rsgRef, type Member, type Shape, type World} from './world.ts';

interface Move {
  readonly name: string;
  /** How often it is chosen, against the others. */
  readonly weight: number;
  readonly run: (world: World, shape: Shape, dice: Dice) => Promise<void>;
}

export const MAX_GROUPS = 5;

const patchOf = (member: Member, spec: object): object => ({metadata: {resourceVersion: member.object.metadata.resourceVersion}, spec});
const withEnv = (value: string): object => ({
  template: {spec: {containers: [{name: 'engine', image: 'engine', env: [{name: 'TRIED', value}], resources: {requests: {cpu: '1'}}}]}},
});

async function anOriginal(world: World, shape: Shape, dice: Dice): Promise<Member> {
  return dice.oneOf((await readMembers(world, shape)).originals);
}

async function aClone(world: World, shape: Shape, dice: Dice): Promise<Member | undefined> {
  const {clones} = await readMembers(world, shape);
  return clones.length === 0 ? undefined : dice.oneOf(clones);
}

export const MOVES: readonly Move[] = [
  {
    name: 'scale',
    weight: 8,
    run: async ({client}, shape, dice) => {
      await client.patch(rsgRef(shape), {spec: {replicas: dice.between(0, MAX_GROUPS)}}, {subresource: 'scale'});
    },
  },
  {
    name: 'order the groups',
    weight: 4,
    run: async (world, shape, dice) => {
      const ids = [...((await readRsg(world, shape)).status.groups ?? []).map(({id}) => id), 'nobody'];
      const sortedGroupList = dice.shuffled(ids).slice(0, dice.between(0, ids.length));
      await world.client.patch(rsgRef(shape), {spec: {scalingGroupTask: {sortedGroupList}}});
    },
  },
  {
    name: 'edit an original',
    weight: 2,
    run: async (world, shape, dice) => {
      const original = await anOriginal(world, shape, dice);
      await world.client.patch(refOf(original), patchOf(original, withEnv(`original ${String(dice.between(0, 999))}`)));
    },
  },
  {
    name: 'another ratio',
    weight: 1,
    run: async (world, shape, dice) => {
      const original = await anOriginal(world, shape, dice);
      if (!isParked(original)) await world.client.patch(refOf(original), patchOf(original, {replicas: dice.between(1, 3)}));
    },
  },
  {
    name: 'edit a clone',
    weight: 1,
    run: async (world, shape, dice) => {
      const clone = await aClone(world, shape, dice);
      if (clone !== undefined) await world.client.patch(refOf(clone), patchOf(clone, withEnv('clone')));
    },
  },
  {
    name: 'scale a clone',
    weight: 1,
    run: async (world, shape, dice) => {
      const clone = await aClone(world, shape, dice);
      if (clone !== undefined) await world.client.patch(refOf(clone), {spec: {replicas: dice.between(0, 6)}}, {subresource: 'scale'});
    },
  },
  {
    name: 'delete a clone',
    weight: 2,
    run: async (world, shape, dice) => {
      const clone = await aClone(world, shape, dice);
      if (clone !== undefined) await world.client.delete(refOf(clone), {propagation: 'Background'});
    },
  },
  {
    name: 'delete a group',
    weight: 1,
    run: async (world, shape, dice) => {
      const {clones} = await readMembers(world, shape);
      if (clones.length === 0) return;
      const group = groupOf(dice.oneOf(clones));
      const members = clones.filter((clone) => groupOf(clone) === group);
      await Promise.all(members.map((clone) => world.client.delete(refOf(clone), {propagation: 'Background'})));
    },
  },
  {
    name: 'delete a pod',
    weight: 2,
    run: async ({client}, {namespace}, dice) => {
      const {items} = await client.list({type: POD, namespace});
      if (items.length > 0) await client.delete(refOf({type: POD, object: dice.oneOf(items)}), {propagation: 'Background'});
    },
  },
  {
    name: 'pause or go on',
    weight: 1,
    run: async ({client}, shape, dice) => {
      await client.patch(rsgRef(shape), {spec: {paused: dice.between(0, 2) === 0}});
    },
  },
  {
    name: 'delete the RSG and make it anew',
    weight: 0.3,
    run: async (world, shape, dice) => {
      await world.client.patch(rsgRef(shape), {spec: {paused: false}});
      await remakeRsg(world, shape, dice.between(0, MAX_GROUPS));
    },
  },
];

/** One move of those; answers its name, or undefined when it came too late: what it meant is gone, or the API server is away. */
export async function moveOnce(world: World, shape: Shape, dice: Dice): Promise<string | undefined> {
  const total = MOVES.reduce((sum, {weight}) => sum + weight, 0);
  let at = (dice.between(0, 999) / 1000) * total;
  const move = MOVES.find(({weight}) => (at -= weight) < 0) ?? dice.oneOf(MOVES);
  try {
    await move.run(world, shape, dice);
    return move.name;
  } catch (error) {
    if (isKubeError(error)) return undefined;
    throw error;
  }
}
