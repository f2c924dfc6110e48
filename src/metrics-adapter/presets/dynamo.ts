/** The HTTP frontend of Dynamo: what waits for a first token, and everything not yet answered in full. */
import type {DemandPreset} from './preset.ts';

export const dynamo: DemandPreset = {
  endpoint: {port: 8000, path: '/metrics', scheme: 'http'},
  waiting: {oneOf: [{name: 'dynamo_frontend_queued_requests'}]},
  inFlight: {oneOf: [{name: 'dynamo_frontend_inflight_requests'}]},
};
