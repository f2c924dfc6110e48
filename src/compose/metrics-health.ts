/** The controller's question what the adapter misses: answered by the adapter in this process, or by another over its JSON door. */
import {z} from 'zod';
import type {MetricsHealthProbe} from '../controller/metrics-health.ts';
import type {MetricSource} from '../metrics-adapter/query.ts';

const TIMEOUT_MS = 5_000;
const overviewSchema = z.object({
  missing: z.array(z.object({pod: z.string(), signals: z.union([z.literal('all'), z.array(z.string())])})),
});

export function healthFromSource(source: Pick<MetricSource, 'overview'>): MetricsHealthProbe {
  return ({namespace, name}) => {
    const overview = source.overview(namespace, name);
    return Promise.resolve(overview === undefined ? {unknown: 'it does not know this RSG yet'} : {missing: overview.missing});
  };
}

/** `url` is the adapter's `--http-address`. */
export function healthFromUrl(url: string): MetricsHealthProbe {
  return async ({namespace, name}, signal) => {
    const address = new URL(
      `v1/namespaces/${encodeURIComponent(namespace)}/rsgs/${encodeURIComponent(name)}`,
      `${url.replace(/\/+$/u, '')}/`,
    );
    const response = await fetch(address, {redirect: 'error', signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])});
    if (response.status === 404) return {unknown: 'it does not know this RSG yet'};
    if (!response.ok) return {unknown: `HTTP ${String(response.status)}`};
    return {missing: overviewSchema.parse(await response.json()).missing};
  };
}
