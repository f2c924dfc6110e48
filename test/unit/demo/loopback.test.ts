/** Where the engines of simulated pods can answer on this machine. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {findLoopback} from '../../../src/demo/loopback.ts';

const machine = (holds: (address: string) => boolean) => (address: string) => Promise.resolve(holds(address));

test('all of 127.0.0.0/8, as on Linux', async () => {
  assert.equal(await findLoopback(machine(() => true)), 'any');
});

test('only the addresses that were added by hand, as on macOS', async () => {
  assert.equal(await findLoopback(machine((address) => address.startsWith('127.64.0.'))), 'first');
});

test('none of them', async () => {
  assert.equal(await findLoopback(machine(() => false)), 'none');
});
