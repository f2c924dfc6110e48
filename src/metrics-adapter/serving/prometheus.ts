/**
 * What is served, as gauges for Prometheus. Labels `role` and `group` are empty where the value is of all of them: `{role="",group=""}` is
 * what an HPA is given. What is unknown is absent, so that a rule on it has no data instead of a wrong number.
 */
import {Gauge, type Registry} from 'prom-client';
import {METRIC_NAMES, type MetricName, type MetricSource, type Reading, type RoleOverview, type RsgOverview} from '../query.ts';

const SIGNALS: Readonly<Record<keyof RoleOverview['signals'], MetricName>> = {
  queue: 'rsg_queue_depth',
  running: 'rsg_running_requests',
  kvUsage: 'rsg_kv_cache_usage',
  promptTokens: 'rsg_prompt_tokens_per_second',
  generationTokens: 'rsg_generation_tokens_per_second',
  requests: 'rsg_requests_per_second',
  ttft: 'rsg_ttft_seconds',
  itl: 'rsg_itl_seconds',
  queueTime: 'rsg_queue_time_seconds',
};

const HELP: Readonly<Record<MetricName, string>> = {
  rsg_load: 'Load in groups: of a role the sum over groups, of an RSG that of its bottleneck.',
  rsg_utilization: 'Mean utilisation; 1 is saturated.',
  rsg_queue_depth: 'Requests waiting in the engines.',
  rsg_running_requests: 'Requests being processed.',
  rsg_kv_cache_usage: 'Mean share of the KV cache in use, 0 to 1.',
  rsg_prompt_tokens_per_second: 'Prompt tokens processed per second.',
  rsg_generation_tokens_per_second: 'Tokens generated per second.',
  rsg_requests_per_second: 'Requests per second.',
  rsg_ttft_seconds: 'Time to the first token, 0.95 quantile.',
  rsg_itl_seconds: 'Time between tokens, 0.95 quantile.',
  rsg_queue_time_seconds: 'Time in the queue, 0.95 quantile.',
  rsg_groups: 'Groups by phase.',
  rsg_demand: 'Requests waiting in front of the groups.',
  rsg_imbalance: "A role's mean utilisation over the bottleneck's.",
};

const LABELS = ['namespace', 'rsg', 'role', 'group'] as const;
type Labels = Readonly<Record<(typeof LABELS)[number], string>>;
type Put = (name: MetricName, labels: Labels, reading: Reading | undefined) => void;

/** Served by phase, and by role only. */
const NOT_OF_THE_WHOLE: readonly MetricName[] = ['rsg_groups', 'rsg_imbalance'];

/** Registers the gauges. The function that it returns fills them with what is known now; call it before each scrape. */
export function registerGauges(registry: Registry, source: MetricSource): () => void {
  const groups = new Gauge({name: 'rsg_groups', help: HELP.rsg_groups, labelNames: ['namespace', 'rsg', 'phase'], registers: [registry]});
  const gauges = new Map<MetricName, Gauge>();
  for (const name of METRIC_NAMES) {
    if (name !== 'rsg_groups') gauges.set(name, new Gauge({name, help: HELP[name], labelNames: LABELS, registers: [registry]}));
  }
  const put: Put = (name, labels, reading) => {
    if (reading !== undefined && 'value' in reading && Number.isFinite(reading.value)) gauges.get(name)?.set(labels, reading.value);
  };
  return () => {
    groups.reset();
    for (const gauge of gauges.values()) gauge.reset();
    for (const {namespace, name} of source.rsgs()) {
      const overview = source.overview(namespace, name);
      if (overview === undefined) continue;
      for (const {phase} of overview.groups) groups.inc({namespace, rsg: name, phase});
      putWhole(source, overview, put);
      putParts(overview, put);
    }
  };
}

/** Exactly what the other doors answer without a role. */
function putWhole(source: MetricSource, {namespace, name}: RsgOverview, put: Put): void {
  for (const metric of METRIC_NAMES.filter((one) => !NOT_OF_THE_WHOLE.includes(one))) {
    const answer = source.answer({namespace, rsg: name, metric});
    if (answer.kind === 'value') put(metric, {namespace, rsg: name, role: '', group: ''}, answer);
  }
}

function putParts({namespace, name, roles, groups, imbalance}: RsgOverview, put: Put): void {
  const labels = {namespace, rsg: name};
  for (const role of roles) putRole(role, {...labels, role: role.role, group: ''}, put);
  for (const group of groups) for (const role of group.roles) putRole(role, {...labels, role: role.role, group: group.id}, put);
  for (const [role, value] of Object.entries(imbalance)) put('rsg_imbalance', {...labels, role, group: ''}, {value});
}

function putRole({utilization, load, signals}: RoleOverview, labels: Labels, put: Put): void {
  put('rsg_load', labels, load);
  put('rsg_utilization', labels, utilization);
  put(SIGNALS.queue, labels, signals.queue);
  put(SIGNALS.running, labels, signals.running);
  put(SIGNALS.kvUsage, labels, signals.kvUsage);
  put(SIGNALS.promptTokens, labels, signals.promptTokens);
  put(SIGNALS.generationTokens, labels, signals.generationTokens);
  put(SIGNALS.requests, labels, signals.requests);
  put(SIGNALS.ttft, labels, signals.ttft);
  put(SIGNALS.itl, labels, signals.itl);
  put(SIGNALS.queueTime, labels, signals.queueTime);
}
