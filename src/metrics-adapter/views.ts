/**
 * Answers from memory. What has been computed for an RSG is kept until a round of scrapes ends, or its pods change, or the first of its
 * samples grows old; most queries cost a look-up.
 */
import type {Clock} from '../runtime/clock.ts';
import {activeFrom, answerFrom, type View} from './answers.ts';
import {createCells} from './cells.ts';
import {demandOver} from './demand.ts';
import {overviewFrom} from './overview.ts';
import type {MetricAnswer, MetricQuery, MetricSource} from './query.ts';
import type {RsgModel} from './model.ts';
import type {Snapshot, Snapshots} from './snapshots.ts';
import type {Plan} from './targets.ts';

export interface Views {
  readonly source: MetricSource;
  /** Something about an RSG (`namespace/name`) has changed. */
  touch(key: string): void;
  /** Tells listeners of what was touched, once a second, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ViewsDeps {
  readonly plans: ReadonlyMap<string, Plan>;
  readonly snapshots: Pick<Snapshots, 'of'>;
  readonly clock: Clock;
  /** Why an RSG without a plan may yet get one, if so. */
  readonly awaited: (key: string) => string | undefined;
}

const TELL_EVERY_MS = 1000;

interface Kept {
  readonly plan: Plan;
  readonly snapshot: Snapshot | undefined;
  readonly view: View;
  readonly answers: Map<string, MetricAnswer>;
  /** Until when time alone changes nothing. */
  readonly untilMs: number;
}

export function createViews(
  rules: {readonly freshMs: number; readonly coverage: number},
  {plans, snapshots, clock, awaited}: ViewsDeps,
): Views {
  const kept = new Map<string, Kept>();
  const touched = new Set<string>();
  const listeners = new Set<(namespace: string, name: string) => void>();

  const current = (key: string): Kept | undefined => {
    const plan = plans.get(key);
    if (plan === undefined) {
      kept.delete(key);
      return undefined;
    }
    const nowMs = clock.now();
    const before = kept.get(key);
    const snapshot = snapshots.of(key);
    if (before?.plan === plan && before.snapshot === snapshot && nowMs < before.untilMs) return before;
    const {model, engines, demands} = asOf(plan, snapshot);
    const situation = {model, stateOf: (target: string) => engines.get(target), nowMs, ...rules};
    const demand = model.demand === undefined ? undefined : demandOver(model.demand, (target) => demands.get(target), situation);
    const view = {cells: createCells(situation), demand};
    const stamps = [...[...engines.values()].map(({window}) => window?.atMs), ...[...demands.values()].map(({atMs}) => atMs)];
    const entry: Kept = {plan, snapshot, view, answers: new Map(), untilMs: untilMs(stamps, nowMs)};
    kept.set(key, entry);
    return entry;
  };
  const untilMs = (stamps: readonly (number | undefined)[], nowMs: number): number => {
    const ends = stamps.flatMap((stamp) => (stamp === undefined || stamp + rules.freshMs < nowMs ? [] : [stamp + rules.freshMs + 1]));
    // Ages are told in seconds.
    return Math.min(nowMs + TELL_EVERY_MS, ...ends);
  };
  const absent = (key: string): MetricAnswer => {
    const waiting = awaited(key);
    if (waiting !== undefined) return {kind: 'error', code: 'Unavailable', message: waiting};
    return {kind: 'error', code: 'UnknownRsg', message: `there is no ResourceScalingGroup ${key} with spec.metrics`};
  };
  const answer = (query: MetricQuery): MetricAnswer => {
    const entry = current(`${query.namespace}/${query.rsg}`);
    if (entry === undefined) return absent(`${query.namespace}/${query.rsg}`);
    const question = [query.metric, query.role ?? '', query.group ?? '', String(query.quantile ?? '')].join(' ');
    const known = entry.answers.get(question) ?? answerFrom(entry.view, query);
    if (entry.answers.size < MAX_ANSWERS) entry.answers.set(question, known);
    return known;
  };
  return {
    source: {
      answer,
      rsgs: () => [...plans.values()].map(({model: {namespace, name}}) => ({namespace, name})),
      overview: (namespace, name) => {
        const entry = current(`${namespace}/${name}`);
        return entry === undefined ? undefined : overviewFrom(entry.view);
      },
      active: (namespace, name) => {
        const entry = current(`${namespace}/${name}`);
        return entry === undefined ? undefined : activeFrom(entry.view);
      },
      wanted: (namespace, name) => plans.get(`${namespace}/${name}`)?.model.wanted,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    touch: (key) => {
      touched.add(key);
    },
    run: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(TELL_EVERY_MS, signal);
        const keys = [...touched];
        touched.clear();
        for (const key of keys) {
          const [namespace = '', name = ''] = key.split('/');
          for (const listener of listeners) listener(namespace, name);
        }
      }
    },
  };
}

const NOTHING: Omit<Snapshot, 'model'> = {engines: new Map(), demands: new Map()};

/** What an HPA counts at this moment, to multiply by it, is as it is at this moment; all else is of one round. */
function asOf({model}: Plan, snapshot: Snapshot | undefined): Snapshot {
  if (snapshot === undefined) return {model, ...NOTHING};
  const live: Pick<RsgModel, 'representatives' | 'existing'> = {representatives: model.representatives, existing: model.existing};
  return {...snapshot, model: {...snapshot.model, ...live}};
}

/** Queries come from outside: their number is not theirs to choose. */
const MAX_ANSWERS = 200;
