import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {firstIndex, groupIdOf, indexOf} from '../../../src/controller/group-id.ts';
import {removalOrder, reportList, type Candidate} from '../../../src/controller/victims.ts';

const group = (index: number, available = true): Candidate => ({id: `group${String(index)}`, origin: index === 0, index, available});
const FOUR = [group(0), group(1, false), group(2), group(3)];
const ids = (candidates: readonly Candidate[]): string => candidates.map(({id}) => id.replace('group', '')).join(' ');

const ORDERS: readonly [string, readonly string[], Parameters<typeof removalOrder>[2], string][] = [
  ['unready first, then the newest, the originals last', [], 'NotReadyFirst', '1 3 2 0'],
  ['the newest first, the originals last', [], 'Newest', '3 2 1 0'],
  ['the oldest clone first, the originals last', [], 'Oldest', '1 2 3 0'],
  ['without a measure of load: unready, then newest', [], 'LeastLoaded', '1 3 2 0'],
  ['nothing that is not listed', [], 'Hold', ''],
  ['only what is listed', ['group2', 'group0'], 'Hold', '2 0'],
  ['the list first, in its order, the originals where they are listed', ['group2', 'group0'], 'Newest', '2 0 3 1'],
  ['what is unknown or repeated is skipped', ['ghost', 'group3', 'group3', 'group1'], 'Oldest', '3 1 2 0'],
];

describe('the order of removal', () => {
  for (const [what, list, order, expected] of ORDERS) {
    test(`${order} with [${list.join(', ')}]: ${what}`, () => {
      assert.equal(ids(removalOrder(FOUR, list, order)), expected);
    });
  }
});

test('entries that name no group and repeats are reported once each', () => {
  const known = new Set(['group0', 'group1']);
  const list = ['ghost', 'group1', 'group1', 'ghost', 'group1'];
  assert.deepEqual(reportList(known, list), {unknown: ['ghost'], duplicates: ['group1', 'ghost']});
});

describe('group IDs', () => {
  for (const [groupID, first, third] of [
    ['group0', 'group1', 'group3'],
    ['group7', 'group8', 'group10'],
    ['blue', 'blue-1', 'blue-3'],
    ['7', '7-1', '7-3'],
    ['v2-0', 'v2-1', 'v2-3'],
  ] as const) {
    test(`the originals are ${groupID}: then ${first}, later ${third}`, () => {
      const start = firstIndex(groupID);
      assert.equal(groupIdOf(groupID, start), first);
      assert.equal(groupIdOf(groupID, start + 2), third);
      assert.equal(indexOf(groupID, third), start + 2);
      assert.equal(indexOf(groupID, groupID), groupID === 'group7' ? 7 : undefined);
      assert.equal(indexOf(groupID, 'other1'), undefined);
    });
  }
});
