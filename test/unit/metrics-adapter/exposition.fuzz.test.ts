import assert from 'node:assert/strict';
import {test} from 'node:test';
import {chance, checkOne, mutated} from '../../support/exposition-fuzz.ts';

const INPUTS = 10_000;

test(`${String(INPUTS)} damaged scrapes: no crash, and no number from a broken line`, () => {
  const seed = Number(process.env['RSG_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const random = chance(seed);
  let samples = 0;
  for (let input = 0; input < INPUTS; input += 1) {
    const body = mutated(random);
    try {
      samples += checkOne(body, random() < 0.5);
    } catch (error) {
      throw new Error(`RSG_FUZZ_SEED=${String(seed)}, input ${String(input)}`, {cause: error});
    }
  }
  assert.ok(samples > INPUTS / 20, `only ${String(samples)} samples were read: the inputs are too broken to show anything`);
});
