/**
 * The endpoint picker of llm-d and of the Gateway API inference extension, with flow control on. A flow's queue has a series only once
 * it has held a request, so beside the pool's saturation (always there) none means an empty queue. Its endpoint may want a token, which
 * is not supported: run it without --metrics-endpoint-auth.
 */
import type {DemandPreset} from './preset.ts';

export const llmdEpp: DemandPreset = {
  endpoint: {port: 9090, path: '/metrics', scheme: 'http'},
  waiting: {
    oneOf: [{name: 'llm_d_epp_flow_control_queue_size'}, {name: 'inference_extension_flow_control_queue_size'}],
    zeroBeside: 'llm_d_epp_flow_control_pool_saturation',
  },
  inFlight: {oneOf: [{name: 'llm_d_epp_request_running'}, {name: 'inference_objective_running_requests'}]},
};
