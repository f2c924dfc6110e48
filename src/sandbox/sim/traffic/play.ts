/** Plays a trace against the fleet: requests arrive, are routed, computed, handed over and finished. Every request is accounted for. */
import type {Fleet, Member} from '../engine/fleet.ts';
import type {EngineRequest} from '../engine/model.ts';
import {routeDecode, routePrefill, type RoleSelectors} from './router.ts';
import {arrivals, longArrivals, type LongRequests, type Trace} from './trace.ts';

export interface Account {
  readonly sent: number;
  readonly finished: number;
  /** No group was there to take them when they came: they wait in front, and are sent on as soon as one is. */
  readonly waitingInFront: number;
  readonly inFlight: number;
  /** Lost with a pod that went while it held them. */
  readonly cut: number;
}

export interface Traffic {
  /** Moves on to that second of the trace. */
  advance(to: number): void;
  account(): Account;
  /** Ids of the requests that were cut. */
  cutRequests(): readonly number[];
}

export interface TrafficOptions {
  readonly trace: Trace;
  readonly selectors: RoleSelectors;
  readonly from: number;
  /** Beside the trace, one after the other in even distances. */
  readonly long?: LongRequests | undefined;
}

export function createTraffic({trace, selectors, from, long}: TrafficOptions, {fleet}: {readonly fleet: Fleet}): Traffic {
  let now = from;
  let serial = 0;
  let finished = 0;
  const lost: number[] = [];
  const front: EngineRequest[] = [];

  const give = (): void => {
    for (let next = front[0]; next !== undefined; next = front[0]) {
      const member = routePrefill(fleet.members(), selectors);
      if (member === undefined) return;
      front.shift();
      member.engine.submit(next, next.arrivedAt);
    }
  };
  const handOver = (from: Member, request: EngineRequest, at: number): void => {
    const decoder = routeDecode(fleet.members(), from.pod.group);
    // A group whose decode pods are gone cannot finish what its prefill pods have begun.
    if (decoder === undefined) lost.push(request.id);
    else decoder.engine.submit(request, at);
  };
  const step = (to: number): void => {
    for (const {at, promptTokens, generatedTokens} of [...arrivals(trace, now, to), ...longArrivals(long, now, to)]) {
      serial += 1;
      front.push({id: serial, promptTokens, generatedTokens, arrivedAt: at});
      give();
    }
    give();
    const members = fleet.members();
    for (const member of members.filter(({pod}) => pod.role === 'prefill')) {
      for (const request of member.engine.advance(to)) handOver(member, request, to);
    }
    for (const member of members.filter(({pod}) => pod.role === 'decode')) finished += member.engine.advance(to).length;
    now = to;
  };
  const cutRequests = (): number[] => [...fleet.cuts().flatMap(({requests}) => requests), ...lost];
  return {
    cutRequests,
    advance: (to) => {
      while (now < to) step(Math.min(to, now + 1));
    },
    account: () => {
      const cut = cutRequests().length;
      const inFlight = fleet.members().reduce((sum, {engine}) => sum + engine.inFlight(), 0);
      return {sent: serial, finished, waitingInFront: front.length, inFlight, cut};
    },
  };
}
