/** Finds kinds as users write them (`deployment`, `Deployments`) in what the API server serves. */
import {z} from 'zod';
import type {ResourceType} from '../api/objects.ts';
import type {Clock} from '../runtime/clock.ts';
import type {KubeClient} from './client.ts';
import {isKubeError} from './errors.ts';

export interface Discovery {
  /** Undefined when the kind, or its API version, is not served. `kind` is singular or plural in any case. */
  resolve(apiVersion: string, kind: string): Promise<ResourceType | undefined>;
}

const FRESH_MS = 60_000;
/** A kind that was not found may be one whose CRD is being installed. */
const RETRY_MISSING_MS = 5_000;
const MAX_CACHED = 256;

const listSchema = z.object({
  resources: z.array(z.object({name: z.string(), singularName: z.string().default(''), kind: z.string(), namespaced: z.boolean()})),
});

interface Cached {
  readonly at: number;
  readonly types: readonly (ResourceType & {readonly names: readonly string[]})[];
}

export function createDiscovery({client, clock}: {client: KubeClient; clock: Clock}): Discovery {
  const cache = new Map<string, Cached>();
  const read = async (apiVersion: string): Promise<Cached> => {
    const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
    const path = group === '' ? `/api/${encodeURIComponent(version)}` : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
    const types = await client.raw(path).then(
      (answer) =>
        listSchema
          .parse(answer)
          .resources.filter(({name}) => !name.includes('/'))
          .map(({name, singularName, kind, namespaced}) => ({
            ...{group, version, kind, plural: name, namespaced},
            names: [name, singularName, kind].map((one) => one.toLowerCase()),
          })),
      (error: unknown) => {
        if (isKubeError(error, 'NotFound')) return [];
        throw error;
      },
    );
    const cached = {at: clock.monotonic(), types};
    // Users choose the API versions, so there is no end to them.
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(apiVersion, cached);
    return cached;
  };
  return {
    resolve: async (apiVersion, kind) => {
      const wanted = kind.toLowerCase();
      const find = ({types}: Cached): ResourceType | undefined => types.find(({names}) => names.includes(wanted));
      const known = cache.get(apiVersion);
      const age = known === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() - known.at;
      if (known !== undefined && (age < RETRY_MISSING_MS || (age < FRESH_MS && find(known) !== undefined))) return find(known);
      return find(await read(apiVersion));
    },
  };
}
