/** Watches groups from outside, by the readiness of their workloads only, and remembers the fewest that were up at once. */
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {LABELS} from '../../src/api/labels.ts';
import type {ControlPlane} from './control-plane.ts';

const listSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        labels: z.record(z.string(), z.string()).default({}),
        deletionTimestamp: z.string().optional(),
      }),
      spec: z.object({replicas: z.number()}),
      status: z.object({availableReplicas: z.number().default(0)}),
    }),
  ),
});

export interface AvailabilityWatch {
  /** Ends the watch. Groups of clones that had all replicas of all `members` at once: the fewest ever seen. */
  fewest(): Promise<number>;
}

export function watchAvailability(cluster: ControlPlane, members: number): AvailabilityWatch {
  let fewest = Number.POSITIVE_INFINITY;
  const over = new AbortController();
  const sample = async (): Promise<number> => {
    const lists = await Promise.all(
      ['deployments', 'statefulsets'].map(async (plural) =>
        listSchema.parse(JSON.parse((await cluster.get(`/apis/apps/v1/namespaces/default/${plural}`)).body)),
      ),
    );
    const up = lists
      .flatMap(({items}) => items)
      .filter(({spec, status, metadata}) => metadata.deletionTimestamp === undefined && status.availableReplicas >= spec.replicas);
    const groups = Map.groupBy(up, ({metadata}) => metadata.labels[LABELS.group]);
    return [...groups].filter(([group, all]) => group !== undefined && all.length >= members).length;
  };
  const watching = (async () => {
    while (!over.signal.aborted) {
      fewest = Math.min(fewest, await sample());
      await sleep(50);
    }
  })();
  return {
    fewest: async () => {
      over.abort();
      await watching;
      return fewest;
    },
  };
}
