import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {chooseRepresentatives, type Candidate, type Wish} from '../../../src/scale-subresource/representative.ts';

function pod(name: string, more: Partial<Candidate> = {}): Candidate {
  const [group = '', role = ''] = name.split('/');
  return {group, role, namespace: 'ns', name, ready: true, created: '2026-01-01T00:00:00Z', labels: {app: role}, labelled: false, ...more};
}
const WISH: Wish = {namespace: 'ns', roles: ['prefill', 'decode'], groups: ['g0', 'g1'], covered: []};
const chosen = (pods: readonly Candidate[], wish: Partial<Wish> = {}): string[] =>
  chooseRepresentatives(pods, {...WISH, ...wish}).map(({name}) => name);

describe('the pod that stands for a group', () => {
  test('is one per group, of the preferred role', () => {
    assert.deepEqual(chosen([pod('g0/decode/1'), pod('g0/prefill/1'), pod('g0/prefill/2'), pod('g1/prefill/1')]), [
      'g0/prefill/1',
      'g1/prefill/1',
    ]);
  });
  test('is a Ready one, or none: an HPA that sees only unready pods scales to its minimum', () => {
    assert.deepEqual(chosen([pod('g0/prefill/1', {ready: false}), pod('g0/prefill/2'), pod('g1/prefill/1', {ready: false})]), [
      'g0/prefill/2',
    ]);
    assert.deepEqual(chosen([pod('g0/prefill/1', {ready: false, labelled: true})]), []);
  });
  test('keeps standing while it is Ready', () => {
    assert.deepEqual(chosen([pod('g0/prefill/1'), pod('g0/prefill/2', {labelled: true, created: '2026-02-01T00:00:00Z'})]), [
      'g0/prefill/2',
    ]);
  });
  test('is the oldest otherwise', () => {
    assert.deepEqual(chosen([pod('g0/prefill/1', {created: '2026-02-01T00:00:00Z'}), pod('g0/prefill/2')]), ['g0/prefill/2']);
  });
  test('is never in another namespace or of a group that does not count', () => {
    assert.deepEqual(chosen([pod('g0/prefill/1', {namespace: 'other'}), pod('g7/prefill/1')]), []);
  });
  test('is of a role that no other HPA selects; when all are selected, there is none', () => {
    const pods = [pod('g0/prefill/1'), pod('g0/decode/1'), pod('g1/prefill/1'), pod('g1/decode/1')];
    assert.deepEqual(chosen(pods, {covered: [{app: 'prefill'}]}), ['g0/decode/1', 'g1/decode/1']);
    assert.deepEqual(chosen(pods, {covered: [{app: 'prefill'}, {app: 'decode'}]}), []);
  });
});
