/** What acting needs: the client, and the stores and memories that its answers go into. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import type {KubeClient, Ref} from '../kube/client.ts';
import type {Store} from '../kube/store.ts';
import type {Watches} from '../kube/watches.ts';
import type {Limit} from '../runtime/limit.ts';
import type {Live} from './model.ts';
import type {Refusals} from './refusals.ts';
import type {SyncMemory} from './sync-memory.ts';

export interface ActDeps {
  readonly client: KubeClient;
  readonly watches: Watches;
  readonly rsgs: Store;
  readonly refusals: Refusals;
  /** What a dry-run has taken, by hash. */
  readonly tried: Set<string>;
  readonly memory: SyncMemory;
  /** Comparisons at a time, over all RSGs: a restart must not flood the API server. */
  readonly oneOfFew: Limit;
  readonly signal: AbortSignal;
  /** Deletes by uid, in the foreground. */
  remove(live: Live): Promise<void>;
}

export function refOf(type: ResourceType, {metadata}: KubeObject): Ref {
  return {type, namespace: metadata.namespace, name: metadata.name};
}
