/** What the controller learns of the requests that groups hold: a zero that is older than it looks would cut requests. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createInFlight, type InFlightProbe} from '../../../src/controller/in-flight.ts';
import {anRsg} from '../../support/adapter-objects.ts';
import {FakeClock} from '../../support/fake-clock.ts';

import type {GroupReadings} from '../../../src/controller/model.ts';

const RSG = anRsg();
const POD = {role: 'decode', pod: {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'decode-0'}}};

interface Asked {
  readonly clock: FakeClock;
  /** Asks, and lets the engines answer so many milliseconds later. */
  readonly ask: (requests: number, drainSince?: number, lateMs?: number) => Promise<GroupReadings | undefined>;
}

function asking(): Asked {
  const clock = new FakeClock();
  let answer: Awaited<ReturnType<InFlightProbe>> = {requests: 0};
  let lateMs = 0;
  const probe: InFlightProbe = async () => {
    if (lateMs > 0) await clock.sleep(lateMs);
    return answer;
  };
  const inFlight = createInFlight({probe, clock, signal: new AbortController().signal, answered: () => undefined});
  return {
    clock,
    ask: async (requests, drainSince = 0, late = 0) => {
      answer = {requests};
      lateMs = late;
      inFlight.ask(RSG, [{group: 'group1', pods: [POD], drainSince}]);
      await clock.advance(late);
      return inFlight.of(RSG.metadata.uid).get('group1');
    },
  };
}

test('a reading is as old as its question: an answer that comes late may tell of the time before', async () => {
  const {clock, ask} = asking();
  const at = clock.now();
  assert.deepEqual(await ask(0, 0, 4000), {latest: {at, requests: 0}, idleSince: at});
});

test('zeros in a row go on from the first', async () => {
  const {clock, ask} = asking();
  const first = clock.now();
  await ask(0);
  await clock.advance(1000);
  assert.equal((await ask(0))?.idleSince, first);
});

test('a drain begins a new row: a group that was idle before, in traffic, and is drained now was not idle all the time', async () => {
  const {clock, ask} = asking();
  await ask(0);
  await clock.advance(60_000);
  const drainSince = clock.now();
  await clock.advance(1000);
  const first = clock.now();
  assert.equal((await ask(0, drainSince))?.idleSince, first);
  await clock.advance(1000);
  assert.equal((await ask(0, drainSince))?.idleSince, first);
});
