/** The kinds that the operator declared, as the controller has them: from a file, or from the ConfigMap that the chart makes of its values. */
import {z} from 'zod';
import type {ResourceType} from '../api/objects.ts';
import type {WorkloadKind} from '../api/workload-kind.ts';
import type {KubeClient} from '../kube/client.ts';
import {isKubeError} from '../kube/errors.ts';
import {kindsIn, loadKinds, type KindsRead} from '../kube/kind-declarations.ts';
import {UsageError} from './exit.ts';

const CONFIG_MAP: ResourceType = {group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true};
const LABELS = 'app.kubernetes.io/name=resource-scaling-group,resourcescalinggroup.com/serves=kinds';
const dataSchema = z.object({data: z.object({'kinds.yaml': z.string()})});

/** Throws a `UsageError` with every mistake of the file. What the user may not read in the cluster is taken for not there. */
export async function declaredKinds(file: string | undefined, client: KubeClient, signal: AbortSignal): Promise<readonly WorkloadKind[]> {
  if (file === undefined) return await inCluster(client, signal);
  const read = await loadKinds(file);
  if ('mistakes' in read) throw new UsageError(read.mistakes.map((mistake) => `--kind-declarations ${file}: ${mistake}`));
  return read.kinds;
}

async function inCluster(client: KubeClient, signal: AbortSignal): Promise<readonly WorkloadKind[]> {
  try {
    const {items} = await client.list({type: CONFIG_MAP, labelSelector: LABELS}, signal);
    return items.flatMap((item) => kindsOf(dataSchema.safeParse(item)));
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return [];
    throw error;
  }
}

/** What the controller cannot read it does not run with, so a broken one declares nothing. */
function kindsOf(item: z.ZodSafeParseResult<z.output<typeof dataSchema>>): readonly WorkloadKind[] {
  const read: KindsRead = item.success ? kindsIn(item.data.data['kinds.yaml']) : {kinds: []};
  return 'kinds' in read ? read.kinds : [];
}
