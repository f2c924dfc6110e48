/** Presets by the names that an RSG uses. Pure. */
import type {Rsg} from '../../api/schema.ts';
import {customDemand, customEngine} from './custom.ts';
import {dynamo} from './dynamo.ts';
import {llmdEpp} from './llm-d-epp.ts';
import {mindie} from './mindie.ts';
import type {DemandPreset, EnginePreset} from './preset.ts';
import {sglang} from './sglang.ts';
import {tritonTrtllm} from './triton-trtllm.ts';
import {trtllm} from './trtllm.ts';
import {vllm} from './vllm.ts';

export type MetricsSpec = NonNullable<Rsg['spec']['metrics']>;
export type EngineName = NonNullable<MetricsSpec['engine']>;
type DemandSpec = NonNullable<MetricsSpec['demand']>;

export function enginePreset(name: EngineName, names: MetricsSpec['names']): EnginePreset {
  switch (name) {
    case 'vllm':
      return vllm;
    case 'sglang':
      return sglang;
    case 'trtllm':
      return trtllm;
    case 'triton-trtllm':
      return tritonTrtllm;
    case 'mindie':
      return mindie;
    case 'custom':
      return customEngine(names ?? {});
  }
}

/** Without a preset, a metric by name; undefined where there is neither. */
export function demandPreset({preset, metric}: DemandSpec): DemandPreset | undefined {
  switch (preset) {
    case 'dynamo':
      return dynamo;
    case 'llm-d-epp':
      return llmdEpp;
    case 'custom':
    case undefined:
      return metric === undefined ? undefined : customDemand(metric);
  }
}
