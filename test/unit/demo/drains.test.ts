/** What the demo says about the requests of a group that goes, from what it saw. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createDrains, type Drains} from '../../../src/demo/drains.ts';

/** One look a second: the phase of group1 and the requests that it holds. */
function play(looks: readonly (readonly [string, readonly number[]])[]): Drains {
  const drains = createDrains();
  looks.forEach(([phase, requests], at) => {
    drains.look({at: at * 1000, groups: [{id: 'group1', phase}], held: new Map([['group1', requests]])});
  });
  return drains;
}

test('requests that end while their group drains are counted, with the time of the last', () => {
  const drains = play([
    ['Available', [1, 2]],
    ['Draining', [2, 3]],
    ['Draining', [3]],
    ['Draining', [3]],
    ['Draining', []],
    ['Deleting', []],
  ]);
  assert.deepEqual(drains.seen(new Set()), [{group: 'group1', inFlight: 2, ended: 2, cut: 0, heldAtTheEnd: 0, lastedMs: 2000}]);
});

test('a request that was cut, and that its group still held when it went, is told', () => {
  const drains = play([
    ['Draining', [1, 2]],
    ['Deleting', [2]],
  ]);
  assert.deepEqual(drains.seen(new Set([2])), [{group: 'group1', inFlight: 2, ended: 1, cut: 1, heldAtTheEnd: 1, lastedMs: 1000}]);
});

test('a group that is wanted again before its drain was over is no removal', () => {
  const drains = play([
    ['Draining', [1]],
    ['Available', [1]],
  ]);
  assert.deepEqual(drains.seen(new Set()), []);
});

test('a group that drains twice is told twice', () => {
  const once = [
    ['Draining', [1]],
    ['Parked', []],
  ] as const;
  assert.equal(play([...once, ['Available', []], ...once]).seen(new Set()).length, 2);
});
