/**
 * Answers from memory. What has been computed for an RSG is kept until a scrape touches it, though never for less than a tenth of a second,
 * or until its pods change, or until the first of its samples grows old; most queries cost a look-up.
 */
import type {Clock} from '../runtime/clock.ts';
import {activeFrom, answerFrom, type View} from './answers.ts';
import {createCells} from './cells.ts';
import {demandOver} from './demand.ts';
import type {EngineStates} from './engine-states.ts';
import {overviewFrom} from './overview.ts';
import type {MetricAnswer, MetricQuery, MetricSource} from './query.ts';
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
  readonly states: EngineStates;
  readonly clock: Clock;
  /** Why an RSG without a plan may yet get one, if so. */
  readonly awaited: (key: string) => string | undefined;
}

const TELL_EVERY_MS = 1000;
/** With hundreds of pods a scrape comes every few milliseconds. */
const LEAST_MS = 100;

interface Kept {
  readonly plan: Plan;
  readonly view: View;
  readonly answers: Map<string, MetricAnswer>;
  readonly sinceMs: number;
  /** Until when time alone changes nothing. */
  readonly untilMs: number;
  touched: boolean;
}

export function createViews(
  rules: {readonly freshMs: number; readonly coverage: number},
  {plans, states, clock, awaited}: ViewsDeps,
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
    if (before?.plan === plan && nowMs < before.untilMs && !(before.touched && nowMs >= before.sinceMs + LEAST_MS)) return before;
    const {model} = plan;
    const situation = {model, stateOf: (key: string) => states.engine(key), nowMs, ...rules};
    const demand = model.demand === undefined ? undefined : demandOver(model.demand, (target) => states.demand(target), situation);
    const view = {cells: createCells(situation), demand};
    const entry: Kept = {plan, view, answers: new Map(), sinceMs: nowMs, untilMs: untilMs(plan, nowMs), touched: false};
    kept.set(key, entry);
    return entry;
  };
  const untilMs = ({model}: Plan, nowMs: number): number => {
    const stamps = [
      ...model.pods.map(({target}) => states.engine(target)?.window?.atMs),
      ...(model.demand?.pods ?? []).map(({target}) => states.demand(target)?.atMs),
    ];
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
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    touch: (key) => {
      const entry = kept.get(key);
      if (entry !== undefined) entry.touched = true;
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

/** Queries come from outside: their number is not theirs to choose. */
const MAX_ANSWERS = 200;
