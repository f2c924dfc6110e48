/**
 * TensorRT-LLM behind Triton: batch manager statistics, one metric with a label for the state of the requests. Triton counts a request once
 * per model of an ensemble, so there is no rate of requests.
 */
import type {EnginePreset} from './preset.ts';

const REQUESTS = 'nv_trt_llm_request_metrics';

export const tritonTrtllm: EnginePreset = {
  endpoint: {port: 8002, path: '/metrics', scheme: 'http'},
  repeats: [],
  signals: {
    queue: {oneOf: [{name: REQUESTS, where: {request_type: 'waiting'}}]},
    running: {oneOf: [{name: REQUESTS, where: {request_type: 'scheduled'}}]},
    kvUsage: {oneOf: [{name: 'nv_trt_llm_kv_cache_block_metrics', where: {kv_cache_block_type: 'fraction'}}]},
  },
};
