/**
 * SGLang (started with --enable-metrics). Scheduler gauges may be reported by every tensor-parallel rank. In prefill/decode
 * disaggregation requests also wait in queues of their own, and a prefill pod still holds those whose cache is being sent.
 */
import type {EnginePreset} from './preset.ts';

export const sglang: EnginePreset = {
  endpoint: {port: 30000, path: '/metrics', scheme: 'http'},
  repeats: ['tp_rank', 'pp_rank', 'moe_ep_rank'],
  signals: {
    queue: {
      oneOf: [{name: 'sglang:num_queue_reqs'}],
      plus: [
        {name: 'sglang:num_grammar_queue_reqs'},
        {name: 'sglang:num_prefill_bootstrap_queue_reqs'},
        {name: 'sglang:num_prefill_prealloc_queue_reqs'},
        {name: 'sglang:num_decode_prealloc_queue_reqs'},
        {name: 'sglang:num_decode_transfer_queue_reqs'},
      ],
    },
    running: {oneOf: [{name: 'sglang:num_running_reqs'}], plus: [{name: 'sglang:num_prefill_inflight_queue_reqs'}]},
    kvUsage: {oneOf: [{name: 'sglang:token_usage'}]},
    promptTokens: {oneOf: [{name: 'sglang:prompt_tokens_total'}]},
    generationTokens: {oneOf: [{name: 'sglang:generation_tokens_total'}]},
    requests: {oneOf: [{name: 'sglang:num_requests_total'}]},
    ttft: {oneOf: [{name: 'sglang:time_to_first_token_seconds'}]},
    itl: {oneOf: [{name: 'sglang:inter_token_latency_seconds'}, {name: 'sglang:time_per_output_token_seconds'}]},
    queueTime: {oneOf: [{name: 'sglang:queue_time_seconds'}]},
  },
};
