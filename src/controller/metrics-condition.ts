/** The condition MetricsAvailable: which signals are missing of which pods. It holds nothing that moves with load. Pure. */
import {condition, type Draft} from './draft.ts';

const MAX_NAMED = 10;

export function metricsCondition(draft: Draft): void {
  const {rsg, metricsHealth} = draft.snapshot;
  if (rsg.spec.metrics === undefined) return;
  if (metricsHealth === undefined) {
    const message = 'nobody was asked: run rsg all, or give the controller --metrics-adapter-url';
    condition(draft, {type: 'MetricsAvailable', status: 'Unknown', reason: 'NotObserved', message});
    return;
  }
  if ('unknown' in metricsHealth) {
    const message = `the metrics adapter does not answer: ${metricsHealth.unknown}`;
    condition(draft, {type: 'MetricsAvailable', status: 'Unknown', reason: 'AdapterUnreachable', message});
    return;
  }
  const missing = metricsHealth.missing
    .map(({pod, signals}) => `${pod} (${signals === 'all' ? 'all' : [...signals].sort().join(', ')})`)
    .sort();
  if (missing.length === 0) {
    condition(draft, {
      type: 'MetricsAvailable',
      status: 'True',
      reason: 'AllReported',
      message: 'every Ready pod reports what the load needs',
    });
    return;
  }
  const more = missing.length > MAX_NAMED ? ` and ${String(missing.length - MAX_NAMED)} more` : '';
  const message = `signals are missing of ${missing.slice(0, MAX_NAMED).join(', ')}${more}; where too many are, autoscalers get an error and hold`;
  condition(draft, {type: 'MetricsAvailable', status: 'False', reason: 'SignalsMissing', message});
}
