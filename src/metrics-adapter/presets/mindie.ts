/** MindIE Service. Names carry no prefix; the cache usage is documented as a fraction, while its own sample shows 30. */
import type {EnginePreset} from './preset.ts';

export const mindie: EnginePreset = {
  endpoint: {port: 1027, path: '/metrics', scheme: 'https'},
  repeats: [],
  signals: {
    queue: {oneOf: [{name: 'num_requests_waiting'}]},
    running: {oneOf: [{name: 'num_requests_running'}], plus: [{name: 'num_requests_swapped'}]},
    kvUsage: {oneOf: [{name: 'npu_cache_usage_perc'}], percentAboveOne: true},
    promptTokens: {oneOf: [{name: 'prompt_tokens_total'}]},
    generationTokens: {oneOf: [{name: 'generation_tokens_total'}]},
    requests: {oneOf: [{name: 'request_success_total'}]},
    ttft: {oneOf: [{name: 'time_to_first_token_seconds'}]},
    itl: {oneOf: [{name: 'time_per_output_token_seconds'}]},
  },
};
