/** The `metrics` field of a ResourceScalingGroup: which engines the groups run and what counts as saturated. */
import {z} from 'zod';
import {dnsLabel, port, slashPath, text} from './schema-common.ts';

const SIGNALS = ['queue', 'running', 'kvUsage', 'promptTokens', 'generationTokens', 'requests', 'ttft', 'itl', 'queueTime'] as const;
const ENGINES = ['vllm', 'sglang', 'trtllm', 'triton-trtllm', 'mindie', 'custom'] as const;
const DEMAND_PRESETS = ['dynamo', 'llm-d-epp', 'custom'] as const;

const metricName = text({max: 256, pattern: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/u, hint: 'a metric name must be letters, digits, _ and :'});

const saturation = z
  .object({
    signal: z.enum(SIGNALS).describe('Normalised signal, per pod.'),
    target: z.number().gt(0).describe('Value per pod at which the role is saturated.'),
    quantile: z.enum(['0.5', '0.9', '0.95', '0.99']).optional().describe('For ttft, itl and queueTime.'),
  })
  .strict();

const endpoint = {
  engine: z.enum(ENGINES).optional().describe('Engine preset: which metric names carry the signals.'),
  port: port.optional().describe("Number or container port name; default: the preset's."),
  path: slashPath('path', 256).optional().describe("HTTP path of the metrics; default: the preset's."),
  scheme: z.enum(['http', 'https']).optional().describe("Default: the preset's."),
};

const role = z
  .object({
    ...endpoint,
    saturation: z.array(saturation).min(1).max(8).optional().describe("The largest of these is the role's utilisation."),
  })
  .strict();

const demand = z
  .object({
    service: dnsLabel('service').optional().describe('Service in front of the groups; one of service and podSelector.'),
    podSelector: z.record(z.string().max(317), z.string().max(63)).optional().describe('Labels of the pods in front of the groups.'),
    port: port.optional().describe("Number or container port name; default: the preset's."),
    path: slashPath('path', 256).optional().describe("HTTP path of the metrics; default: the preset's."),
    preset: z.enum(DEMAND_PRESETS).optional().describe('Which metric tells how many requests wait.'),
    metric: metricName.optional().describe('For preset custom: the gauge of waiting requests.'),
  })
  .strict();

export const metricsSchema = z
  .object({
    ...endpoint,
    source: z.enum(['scrape', 'prometheus']).optional().describe('Where samples come from; default scrape.'),
    names: z.partialRecord(z.enum(SIGNALS), metricName).optional().describe('For engine custom: metric name of each signal.'),
    roles: z.record(z.string().max(63), role).optional().describe('Per role: targets and endpoint where they differ.'),
    demand: demand.optional().describe('A signal in front of the groups that may wake an RSG from 0.'),
  })
  .strict()
  .describe('Load signals of the groups, served to HPA, KEDA and Prometheus.');
