/** Lists in place of watches, for a program that looks once: each query is sent when it is first needed, and never again. */
import type {KubeClient, ListQuery} from './client.ts';
import {isKubeError} from './errors.ts';
import {storeOf, type Lookup} from './watches.ts';
import type {Store} from './store.ts';

export interface OneOffLists extends Lookup {
  /** Queries that the API server refused, so that what they would have told is unknown: `services in default`. */
  readonly refused: ReadonlySet<string>;
}

/** A list that the user may not read counts as empty and is named in `refused`; every other error is the caller's. */
export function createOneOffLists(client: KubeClient, signal: AbortSignal): OneOffLists {
  const stores = new Map<string, Promise<Store>>();
  const refused = new Set<string>();
  const read = async (query: ListQuery & {namespace: string}): Promise<Store> => {
    const store = storeOf(query.type);
    try {
      const {items, resourceVersion} = await client.list(query, signal);
      store.replace(items, resourceVersion);
    } catch (error) {
      if (!isKubeError(error, 'Forbidden', 'NotFound')) throw error;
      refused.add(`${query.type.plural} in ${query.namespace}`);
    }
    return store;
  };
  return {
    refused,
    need: (_rsgKey, query) => {
      const key = JSON.stringify(query);
      const known = stores.get(key) ?? read(query);
      stores.set(key, known);
      return known;
    },
    settle: () => undefined,
  };
}
