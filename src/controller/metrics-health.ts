/**
 * What the metrics adapter misses of each RSG, for the condition MetricsAvailable. Asked from time to time and kept in memory: the
 * adapter may be another process, and reconciling never waits for it.
 */
import type {Rsg} from '../api/schema.ts';
import {sameJson} from '../api/canonical.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Clock} from '../runtime/clock.ts';
import type {MetricsHealth} from './model.ts';

/** Asks the adapter about one RSG; rejects when it does not answer. */
export type MetricsHealthProbe = (rsg: {readonly namespace: string; readonly name: string}, signal: AbortSignal) => Promise<MetricsHealth>;

export interface MetricsHealths {
  /** Undefined until it was asked. */
  of(rsg: Rsg): MetricsHealth | undefined;
  /** Asks until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

interface Deps {
  readonly probe: MetricsHealthProbe;
  readonly clock: Clock;
  /** RSGs that have `metrics`, at this moment. */
  readonly rsgs: () => readonly {readonly namespace: string; readonly name: string}[];
  /** Called with `namespace/name` when the answer is another one. */
  readonly changed: (key: string) => void;
}

const INTERVAL_MS = 15_000;

export function createMetricsHealths({probe, clock, rsgs, changed}: Deps): MetricsHealths {
  const known = new Map<string, MetricsHealth>();
  const askOne = async (rsg: {namespace: string; name: string}, signal: AbortSignal): Promise<void> => {
    const key = `${rsg.namespace}/${rsg.name}`;
    const answer = await probe(rsg, signal).catch((error: unknown): MetricsHealth => ({unknown: messageOf(error)}));
    if (signal.aborted || sameJson(known.get(key), answer)) return;
    known.set(key, answer);
    changed(key);
  };
  return {
    of: ({metadata}) => known.get(`${metadata.namespace}/${metadata.name}`),
    run: async (signal) => {
      while (!signal.aborted) {
        const all = rsgs();
        const keys = new Set(all.map(({namespace, name}) => `${namespace}/${name}`));
        for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
        for (const rsg of all) await askOne(rsg, signal);
        await clock.sleep(INTERVAL_MS, signal);
      }
    },
  };
}
