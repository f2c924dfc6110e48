/** Whether there is demand: what is called inactive is scaled to zero. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {activeFrom} from '../../../src/metrics-adapter/answers.ts';
import {NOW_MS, viewOf, type Fleet, type FleetGroup, type FleetPod} from '../../support/fleet.ts';

const idle: FleetPod = {queue: 0, running: 0, kvUsage: 0};
const prefill = (queue: number): FleetPod => ({...idle, queue});
const down: FleetPod = {problem: 'connection refused'};

describe('active', () => {
  const none = {waiting: {value: 0, oldestMs: NOW_MS, spanSeconds: 0}, any: false};
  const some = {waiting: {value: 3, oldestMs: NOW_MS, spanSeconds: 0}, any: true};
  const unknown = {waiting: {unknown: 'down'}, any: undefined};
  const quiet: FleetGroup = {pods: {prefill: [idle, idle], decode: [idle]}};
  const busy: FleetGroup = {pods: {decode: [{...idle, running: 1}]}};
  const ROWS: readonly [string, Fleet, boolean | undefined][] = [
    ['demand in front of no group', {groups: [], demand: some}, true],
    ['no demand and no group', {groups: [], demand: none}, false],
    ['unknown demand and no group', {groups: [], demand: unknown}, undefined],
    ['no source of demand and no group', {groups: []}, undefined],
    ['no demand, and idle groups', {groups: [quiet], demand: none}, false],
    ['no demand, but a request still runs', {groups: [busy], demand: none}, true],
    ['no demand, but a request runs in a group that starts', {groups: [{...busy, phase: 'Creating'}], demand: none}, true],
    ['no demand, but a pod does not answer', {groups: [{pods: {decode: [idle, down]}}], demand: none}, undefined],
    [
      'no demand, and only a pod that is being deleted is busy',
      {groups: [{pods: {decode: [idle, {...prefill(1), leaving: true}]}}], demand: none},
      false,
    ],
    ['unknown demand, but a request runs', {groups: [busy], demand: unknown}, true],
    ['idle groups alone never say inactive', {groups: [quiet]}, undefined],
  ];
  for (const [what, fleet, expected] of ROWS)
    test(`${what}: ${String(expected)}`, () => {
      assert.equal(activeFrom(viewOf(fleet)), expected);
    });
});
