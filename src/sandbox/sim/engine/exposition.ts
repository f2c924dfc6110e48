/** What a simulated engine answers on /metrics: the names and labels of vLLM (v1), in Prometheus's text format 0.0.4. Pure. */
import type {EngineCounters} from './model.ts';
import type {HistogramState} from './histogram.ts';

const LABELS = 'engine="0",model_name="llama"';

type Family = readonly [name: string, type: 'gauge' | 'counter', help: string, value: number];

export function exposition(counters: EngineCounters): string {
  const families: readonly Family[] = [
    ['vllm:num_requests_running', 'gauge', 'Number of requests in model execution batches.', counters.running],
    ['vllm:num_requests_waiting', 'gauge', 'Number of requests waiting to be processed.', counters.waiting],
    ['vllm:kv_cache_usage_perc', 'gauge', 'KV-cache usage. 1 means 100 percent usage.', counters.kvUsage],
    ['vllm:prompt_tokens_total', 'counter', 'Number of prefill tokens processed.', counters.promptTokens],
    ['vllm:generation_tokens_total', 'counter', 'Number of generation tokens processed.', counters.generationTokens],
    ['vllm:request_success_total', 'counter', 'Count of successfully processed requests.', counters.finished],
  ];
  const histograms: readonly (readonly [string, string, HistogramState])[] = [
    ['vllm:time_to_first_token_seconds', 'Histogram of time to first token in seconds.', counters.timeToFirstToken],
    ['vllm:inter_token_latency_seconds', 'Histogram of inter-token latency in seconds.', counters.interTokenLatency],
    ['vllm:request_queue_time_seconds', 'Histogram of time spent in WAITING phase for request.', counters.queueTime],
  ];
  return [...families.map(single), ...histograms.map(histogram)].join('');
}

function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function single([name, type, help, value]: Family): string {
  const labels = name === 'vllm:request_success_total' ? `${LABELS},finished_reason="stop"` : LABELS;
  return `${head(name, type, help)}${name}{${labels}} ${String(value)}\n`;
}

function histogram([name, help, {buckets, sum, count}]: readonly [string, string, HistogramState]): string {
  const lines = [...buckets.map(([bound, seen]) => [String(bound), seen] as const), ['+Inf', count] as const].map(
    ([bound, seen]) => `${name}_bucket{${LABELS},le="${bound}"} ${String(seen)}\n`,
  );
  return `${head(name, 'histogram', help)}${lines.join('')}${name}_sum{${LABELS}} ${String(sum)}\n${name}_count{${LABELS}} ${String(count)}\n`;
}
