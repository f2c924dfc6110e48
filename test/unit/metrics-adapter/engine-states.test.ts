import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createEngineStates} from '../../../src/metrics-adapter/engine-states.ts';
import {vllm} from '../../../src/metrics-adapter/presets/vllm.ts';
import type {Target} from '../../../src/metrics-adapter/targets.ts';

const target = (key: string): Target => ({
  ...{key, namespace: 'default', pod: key, address: {problem: 'played'}},
  reader: {kind: 'engine', preset: vllm},
});

test('what was scraped is known as long as one RSG needs it, and others are not touched', () => {
  const states = createEngineStates({windowMs: 60_000});
  const [own, shared, another] = [target('own'), target('shared'), target('another')];
  states.keep('default/one', [own, shared]);
  states.keep('default/two', [shared, another]);
  for (const each of [own, shared, another]) states.record(each, {failure: 'refused', problem: 'connection refused'});
  const known = (): string[] => ['own', 'shared', 'another'].filter((key) => states.engine(key) !== undefined);
  states.keep('default/one', [shared]);
  assert.deepEqual(known(), ['shared', 'another']);
  states.keep('default/one', []);
  assert.deepEqual(known(), ['shared', 'another']);
  states.keep('default/two', [another]);
  assert.deepEqual(known(), ['another']);
});
