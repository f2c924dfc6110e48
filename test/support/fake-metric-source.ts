/** Answers as a test says, in place of scraped engines. */
import type {MetricAnswer, MetricQuery, MetricSource, RsgOverview} from '../../src/metrics-adapter/query.ts';

export interface FakeSource extends MetricSource {
  /** By RSG and metric: `llama rsg_load`; a number, or why there is none. */
  readonly values: Map<string, number | Extract<MetricAnswer, {kind: 'error'}>>;
  readonly activity: Map<string, boolean>;
  readonly overviews: Map<string, RsgOverview>;
  /** Groups wanted, by RSG. */
  readonly wantedGroups: Map<string, number>;
  /** What was asked. */
  readonly asked: MetricQuery[];
  change(name: string): void;
  listeners(): number;
}

export const SAMPLED_AT = Date.parse('2026-01-01T00:00:00Z');

/** Every RSG is in namespace `default`. */
export function fakeSource(): FakeSource {
  const values: FakeSource['values'] = new Map();
  const overviews = new Map<string, RsgOverview>();
  const activity = new Map<string, boolean>();
  const wantedGroups = new Map<string, number>();
  const listeners = new Set<(namespace: string, name: string) => void>();
  const asked: MetricQuery[] = [];
  const names = (): string[] => [...new Set([...values.keys()].map((key) => key.split(' ')[0] ?? ''))];
  return {
    values,
    activity,
    overviews,
    wantedGroups,
    asked,
    answer: (query) => {
      asked.push(query);
      if (query.namespace !== 'default' || !names().includes(query.rsg)) {
        return {kind: 'error', code: 'UnknownRsg', message: `there is no RSG ${query.rsg}`};
      }
      const value = values.get(`${query.rsg} ${query.metric}`);
      if (value === undefined) return {kind: 'error', code: 'UnknownMetric', message: `${query.metric}: no such metric`};
      return typeof value === 'number' ? {kind: 'value', value, timestampMs: SAMPLED_AT, windowSeconds: 30.4} : value;
    },
    rsgs: () => names().map((name) => ({namespace: 'default', name})),
    overview: (_namespace, name) => overviews.get(name),
    active: (_namespace, name) => activity.get(name),
    wanted: (_namespace, name) => wantedGroups.get(name),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change: (name) => {
      for (const listener of listeners) listener('default', name);
    },
    listeners: () => listeners.size,
  };
}

export const UNAVAILABLE = {
  kind: 'error',
  code: 'Unavailable',
  message: 'decode of group1: pod decode-1 gives no answer',
} as const satisfies MetricAnswer;
