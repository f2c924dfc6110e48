/** An engine that is not known: the RSG names the metric of each signal. */
import type {SignalName} from '../query.ts';
import {SIGNALS, type DemandPreset, type EnginePreset, type SignalSource} from './preset.ts';

const endpoint = {port: 8000, path: '/metrics', scheme: 'http'} as const;

export function customEngine(names: Readonly<Partial<Record<SignalName, string>>>): EnginePreset {
  const signals = Object.fromEntries(
    SIGNALS.flatMap((signal): [SignalName, SignalSource][] => {
      const name = names[signal];
      return name === undefined ? [] : [[signal, {oneOf: [{name}]}]];
    }),
  );
  return {endpoint, signals, repeats: []};
}

export function customDemand(metric: string): DemandPreset {
  return {endpoint, waiting: {oneOf: [{name: metric}]}};
}
