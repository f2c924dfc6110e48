import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {chooseGroups, type RolloutGroup} from '../../../src/controller/rollout.ts';

/** `2!` is group2 that has to be changed, `2-` one that is not available, `2!-` both. */
const groups = (text: string): RolloutGroup[] =>
  text.split(' ').map((one) => ({
    id: one.replace(/[!-]+/u, ''),
    index: Number.parseInt(one, 10),
    due: one.includes('!'),
    available: !one.includes('-'),
  }));

describe('which groups may be changed now', () => {
  const ROWS: readonly [string, string, number, number, string, string | undefined][] = [
    ['the first of those that are due', '1! 2! 3!', 1, 0, '1', '1 to be available (sync.maxUnavailableGroups is 1)'],
    ['as many as maxUnavailableGroups', '1! 2! 3!', 2, 0, '1 2', '1, 2 to be available (sync.maxUnavailableGroups is 2)'],
    ['none while a changed one is not available', '1- 2! 3!', 1, 0, '', '1 to be available (sync.maxUnavailableGroups is 1)'],
    ['one that is down already goes first', '1! 2! 3!-', 1, 0, '3', '3 to be available (sync.maxUnavailableGroups is 1)'],
    ['none that would leave fewer than minAvailableGroups', '1! 2!', 5, 3, '', 'more available groups than scaleIn.minAvailableGroups (3)'],
    ['one that is down costs no availability', '1! 2!-', 5, 2, '2', 'more available groups than scaleIn.minAvailableGroups (2)'],
    ['nothing is due', '1 2', 1, 0, '', undefined],
  ];
  for (const [what, text, maxUnavailableGroups, minAvailableGroups, chosen, waitsFor] of ROWS) {
    test(what, () => {
      const all = groups(text);
      // Group 0 is available beside them.
      const availableGroups = 1 + all.filter((one) => one.available).length;
      const choice = chooseGroups(all, {sync: {rollout: 'Rolling', maxUnavailableGroups}, minAvailableGroups, availableGroups});
      assert.equal(choice.chosen.join(' '), chosen);
      assert.equal(choice.waitsFor, waitsFor);
    });
  }

  test('with Parallel all that are due', () => {
    const limits = {sync: {rollout: 'Parallel', maxUnavailableGroups: 1}, minAvailableGroups: 9, availableGroups: 3} as const;
    assert.deepEqual(chooseGroups(groups('1! 2 3!'), limits), {chosen: ['1', '3']});
  });
});
