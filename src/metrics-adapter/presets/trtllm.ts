/** TensorRT-LLM's own server, trtllm-serve. It has no counters of tokens; `trtllm:` is what a Dynamo worker passes on. */
import type {EnginePreset} from './preset.ts';

const both = (name: string): {readonly oneOf: readonly {readonly name: string}[]} => ({
  oneOf: [{name: `trtllm_${name}`}, {name: `trtllm:${name}`}],
});

export const trtllm: EnginePreset = {
  endpoint: {port: 8000, path: '/prometheus/metrics', scheme: 'http'},
  repeats: [],
  signals: {
    queue: both('num_requests_waiting'),
    running: both('num_requests_running'),
    kvUsage: both('kv_cache_utilization'),
    requests: both('request_success_total'),
    ttft: both('time_to_first_token_seconds'),
    itl: both('time_per_output_token_seconds'),
    queueTime: both('request_queue_time_seconds'),
  },
};
