/** What the metrics adapter says about one RSG, and how it is shown. An unknown value is shown as unknown, never as 0. */
import {z} from 'zod';
import type {Rsg} from '../api/schema.ts';
import type {KubeClient} from '../kube/client.ts';
import {isKubeError} from '../kube/errors.ts';
import {CliError} from './exit.ts';
import {cell, type Cell} from './render.ts';

const reading = z.union([z.object({value: z.number()}), z.object({unknown: z.string()})]);
const role = z.object({role: z.string(), utilization: reading, load: reading, signals: z.record(z.string(), reading).default({})});
const overview = z.object({
  groups: z.array(z.object({id: z.string(), phase: z.string(), counted: z.boolean(), roles: z.array(role)})),
  roles: z.array(role),
  bottleneck: z.string().optional(),
  imbalance: z.record(z.string(), z.number()).default({}),
  levelledRatio: z.record(z.string(), z.number()).default({}),
  demand: reading.optional(),
  missing: z.array(z.object({group: z.string(), role: z.string(), pod: z.string(), reason: z.string()})).default([]),
});

export type Load = z.output<typeof overview>;
export type Reading = z.output<typeof reading>;

const SERVICE = {group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true} as const;
const ADAPTER_LABELS = 'app.kubernetes.io/name=resource-scaling-group,resourcescalinggroup.com/serves=metrics';
const TIMEOUT_MS = 5000;

interface Source {
  /** From `--adapter-url`; undefined: through the API server, by the Service's labels. */
  readonly url: string | undefined;
  readonly client: KubeClient;
  readonly signal: AbortSignal;
}

/** Undefined where the RSG has no `metrics`, or no adapter is found. Throws a `CliError` when one that was named does not answer. */
export async function readLoad({metadata, spec}: Rsg, source: Source): Promise<Load | undefined> {
  if (spec.metrics === undefined) return undefined;
  const path = `/v1/namespaces/${encodeURIComponent(metadata.namespace)}/rsgs/${encodeURIComponent(metadata.name)}`;
  const answer = await (source.url === undefined ? throughApiServer(path, source) : direct(source.url, path, source.signal));
  const parsed = overview.safeParse(answer);
  return parsed.success ? parsed.data : undefined;
}

async function direct(url: string, path: string, signal: AbortSignal): Promise<unknown> {
  try {
    const answer = await fetch(new URL(path, url), {signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])});
    return await answer.json();
  } catch (error) {
    throw new CliError(`the metrics adapter at ${url} does not answer`, {cause: error});
  }
}

/** The proxy needs `get` on `services/proxy`; without it, or without an adapter, there is no load to show. */
async function throughApiServer(path: string, {client, signal}: Source): Promise<unknown> {
  try {
    const {items} = await client.list({type: SERVICE, labelSelector: ADAPTER_LABELS, metadataOnly: true}, signal);
    const {namespace, name} = items[0]?.metadata ?? {};
    if (namespace === undefined || name === undefined) return undefined;
    return await client.raw(`/api/v1/namespaces/${namespace}/services/http:${name}:http/proxy${path}`, signal);
  } catch (error) {
    if (isKubeError(error)) return undefined;
    throw error;
  }
}

export function loadCell(load: Load, group: string, of: string): Cell {
  const found = load.groups.find(({id}) => id === group)?.roles.find((one) => one.role === of);
  return found === undefined ? cell('') : readingCell(found.utilization);
}

/** Utilisation from 1 on is saturated. */
export function readingCell(value: Reading): Cell {
  if ('unknown' in value) return cell('unknown', 'warn');
  return cell(value.value.toFixed(2), value.value >= 1 ? 'bad' : 'plain');
}

/** What waits in front of the groups; undefined where `metrics.demand` is not set. */
export function demandSentence({demand}: Load): string | undefined {
  if (demand === undefined) return undefined;
  if ('unknown' in demand) return `unknown: ${demand.unknown}`;
  return `${String(demand.value)} ${demand.value === 1 ? 'request waits' : 'requests wait'}`;
}

/** `prefill 2.31 groups, decode 1.90 groups; prefill is the bottleneck`. */
export function loadSentence({roles, bottleneck}: Load): string {
  const parts = roles.map(({role: name, load}) =>
    'unknown' in load ? `${name} unknown (${load.unknown})` : `${name} ${load.value.toFixed(2)} groups`,
  );
  return parts.join(', ') + (bottleneck === undefined ? '' : `; ${bottleneck} is the bottleneck`);
}
