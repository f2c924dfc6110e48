/** What must hold of the objects whenever everything is quiet. Each throws with what is wrong. */
import assert from 'node:assert/strict';
import {ANNOTATIONS, LABELS} from '../../../src/api/labels.ts';
import {asObject} from '../../../src/api/json.ts';
import type {KubeObject} from '../../../src/api/objects.ts';
import {isPodReady, replicasOf} from '../../../src/api/workload.ts';
import {groupOf, isParked, POD, readMembers, readRsg, WORKLOADS, type Member, type Shape, type World} from './world.ts';

/** Groups that exist, the originals' among them unless parked, are those that are wanted; each is whole, like the originals, and Ready. */
export async function assertSettled(world: World, shape: Shape): Promise<void> {
  const rsg = await readRsg(world, shape);
  const {status, spec, metadata} = rsg;
  assert.equal(status.observedGeneration, metadata.generation, 'the last change is seen');
  assert.deepEqual([status.terminatingReplicas, status.drainingReplicas, status.pendingGroups ?? []], [0, 0, []]);
  assert.equal(metadata.annotations?.[ANNOTATIONS.removing], undefined, 'no mark is left');
  const wanted = shape.parks ? spec.replicas : Math.max(spec.replicas, 1);
  assert.equal(status.replicas, wanted, 'groups');
  assert.equal(status.availableReplicas, wanted, 'available groups');
  await assertWhole(world, {shape, uid: metadata.uid, wanted});
  await assertRepresented(world, shape, wanted);
}

async function assertWhole(world: World, {shape, uid, wanted}: {shape: Shape; uid: string; wanted: number}): Promise<void> {
  const {originals, clones} = await readMembers(world, shape);
  assert.equal(originals.length, Object.keys(shape.members).length);
  const parked = originals.filter(isParked).length;
  assert.ok(parked === 0 || parked === originals.length, 'originals are parked together');
  const groups = Map.groupBy(clones, groupOf);
  assert.equal(groups.size + (parked === 0 ? 1 : 0), wanted, [...groups.keys()].join(' '));
  for (const [group, members] of groups) {
    assert.deepEqual(
      members.map(({object}) => object.metadata.name).sort(),
      originals.map(({object}) => `${object.metadata.name}-${group}`).sort(),
    );
    for (const clone of members) {
      assert.equal(clone.object.metadata.labels?.[LABELS.rsgUid], uid, 'it belongs to the RSG that lives');
      assertAlike(
        clone,
        originals.find(({object}) => clone.object.metadata.name === `${object.metadata.name}-${group}`),
      );
    }
  }
}

function assertAlike(clone: Member, original: Member | undefined): void {
  assert.ok(original !== undefined);
  const {name} = clone.object.metadata;
  const remembered = original.object.metadata.annotations?.[ANNOTATIONS.parkedReplicas];
  assert.equal(replicasOf(clone), remembered === undefined ? replicasOf(original) : Number(remembered), `replicas of ${name}`);
  assert.deepEqual(containersOf(clone.object), containersOf(original.object), `containers of ${name}`);
}

function containersOf(object: KubeObject): unknown {
  return asObject(asObject(asObject(object['spec'])['template'])['spec'])['containers'];
}

/** The contract of the scale subresource: one Ready pod for each available group. */
async function assertRepresented({client}: World, {namespace}: Shape, groups: number): Promise<void> {
  const {items} = await client.list({type: POD, namespace, labelSelector: LABELS.representative});
  assert.ok(items.every(isPodReady), 'a pod that is not Ready stands for a group');
  assert.equal(items.length, groups, 'pods that stand for groups');
}

/** Originals and what is nobody's are the objects that they were; the latter has not even been written to. */
export async function assertLasting({client, lasting}: World, {namespace}: Shape): Promise<void> {
  const lists = await Promise.all(WORKLOADS.map(async (type) => (await client.list({type, namespace})).items));
  const byName = new Map(lists.flat().map((object) => [`${namespace}/${object.metadata.name}`, object]));
  for (const [key, uid] of lasting) if (key.startsWith(`${namespace}/`)) assert.equal(byName.get(key)?.metadata.uid, uid, key);
  assert.equal(byName.get(`${namespace}/bystander`)?.metadata.generation, 1);
}
