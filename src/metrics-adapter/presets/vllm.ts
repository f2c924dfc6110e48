/** vLLM, its V1 engine and what V0 called the same. One series per data-parallel engine (label `engine`). */
import type {EnginePreset} from './preset.ts';

export const vllm: EnginePreset = {
  endpoint: {port: 8000, path: '/metrics', scheme: 'http'},
  repeats: [],
  signals: {
    queue: {oneOf: [{name: 'vllm:num_requests_waiting'}]},
    // V0 could swap a running request out to the CPU; it is still in flight.
    running: {oneOf: [{name: 'vllm:num_requests_running'}], plus: [{name: 'vllm:num_requests_swapped'}]},
    kvUsage: {oneOf: [{name: 'vllm:kv_cache_usage_perc'}, {name: 'vllm:gpu_cache_usage_perc'}, {name: 'vllm:npu_cache_usage_perc'}]},
    promptTokens: {oneOf: [{name: 'vllm:prompt_tokens_total'}]},
    generationTokens: {oneOf: [{name: 'vllm:generation_tokens_total'}]},
    requests: {oneOf: [{name: 'vllm:request_success_total'}]},
    ttft: {oneOf: [{name: 'vllm:time_to_first_token_seconds'}]},
    itl: {oneOf: [{name: 'vllm:inter_token_latency_seconds'}, {name: 'vllm:time_per_output_token_seconds'}]},
    queueTime: {oneOf: [{name: 'vllm:request_queue_time_seconds'}]},
  },
};
