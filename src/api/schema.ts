/**
 * The ResourceScalingGroup resource. One schema, three artefacts: the types below, the CRD (`crd.ts`) and the reference page.
 * `parseRsg` is the edge: what the API server sends becomes an `Rsg` with every default filled in.
 */
import {z} from 'zod';
import {count, dnsLabel, objectName, seconds, slashPath, text} from './schema-common.ts';
import {metricsSchema} from './schema-metrics.ts';

const apiVersion = text({
  max: 317,
  pattern: /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[0-9]+((alpha|beta)[0-9]+)?$/u,
  hint: 'version must be the API version of the kind, such as apps/v1 (kubectl api-resources lists it)',
});

const targetSchema = z
  .object({
    name: objectName('name').describe('Name of a running workload.'),
    kind: text({
      max: 63,
      pattern: /^[A-Za-z][A-Za-z0-9]*$/u,
      hint: 'kind must be a kind of workload, such as deployment or StatefulSet',
    }).describe('Kind, singular or plural, in any case: deployment, StatefulSet.'),
    version: apiVersion.describe('API version of the kind: apps/v1.'),
    namespace: dnsLabel('namespace').optional().describe("Namespace of the workload; default: the RSG's."),
    role: dnsLabel('role').optional().describe('Role in the group; default: prefill, decode or other, by name and labels.'),
  })
  .strict();

const companionSchema = z
  .object({
    name: objectName('name').describe("Name of an object of the RSG's namespace."),
    kind: z.enum(['Service', 'ConfigMap']).describe('Its kind.'),
    version: z.enum(['v1']).optional().describe('Its API version.'),
  })
  .strict();

const drainSchema = z
  .object({
    timeoutSeconds: seconds.optional().describe('Longest time a victim may finish its requests; default 300 where metrics is set, else 0.'),
    settleSeconds: seconds.default(15).describe('Least time out of traffic before idle counts.'),
  })
  .strict();

const scaleInSchema = z
  .object({
    whenListEnds: z
      .enum(['NotReadyFirst', 'Newest', 'Oldest', 'LeastLoaded', 'Hold'])
      .default('NotReadyFirst')
      .describe('Order of removal of groups that the list does not name. Hold removes none of them.'),
    originPolicy: z
      .enum(['Park', 'Keep'])
      .default('Park')
      .describe('What removing the originals does: Park scales them to 0, Keep never takes them.'),
    drain: drainSchema.prefault({}).describe('How victims finish their requests.'),
    keepVolumes: z.boolean().default(false).describe('Keep the PVCs of removed StatefulSet clones.'),
    minAvailableGroups: count.default(0).describe('Scale-in and rolling sync never take available groups below this.'),
    cooldownSeconds: seconds.default(0).describe('Least time between two removals of groups.'),
  })
  .strict();

const syncSchema = z
  .object({
    mode: z.enum(['Auto', 'Paused']).default('Auto').describe('Paused leaves clones as they are when originals change.'),
    rollout: z.enum(['Rolling', 'Parallel']).default('Rolling').describe('Rolling changes a few groups at a time, Parallel all at once.'),
    maxUnavailableGroups: z.int().min(1).max(100000).default(1).describe('How many groups Rolling may make unavailable at a time.'),
    ignore: z
      .array(slashPath('an entry of sync.ignore', 512))
      .max(32)
      .default([])
      .describe('JSON pointers that clones may differ in: /spec/replicas.'),
  })
  .strict();

export const specSchema = z
  .object({
    replicas: count.default(1).describe('Groups wanted, the originals included.'),
    group: z
      .object({
        groupID: dnsLabel('groupID', 30).default('group0').describe('ID of the originals.'),
        targetResources: z.array(targetSchema).min(1).max(16).describe('The workloads that make a group.'),
      })
      .strict()
      .describe('What a group is made of.'),
    scalingGroupTask: z
      .object({
        sortedGroupList: z
          .array(dnsLabel('an entry of sortedGroupList', 40))
          .max(1000)
          .default([])
          .describe('Group IDs, first to go first.'),
      })
      .strict()
      .prefault({})
      .describe('Which groups go first.'),
    scaleIn: scaleInSchema.prefault({}).describe('How groups are removed.'),
    scaleOut: z
      .object({readyTimeoutSeconds: seconds.default(0).describe('A new group not available by then is reported; 0 is off.')})
      .strict()
      .prefault({})
      .describe('How groups are added.'),
    allowMemberAutoscaler: z.boolean().default(false).describe('Go on creating groups although another autoscaler targets a member.'),
    deletionPolicy: z
      .enum(['Delete', 'Orphan'])
      .default('Delete')
      .describe('What becomes of clones in other namespaces on an orphaning delete.'),
    restoreTimeoutSeconds: seconds
      .default(900)
      .describe('On deletion: how long parked originals may take to be available before clones go.'),
    sync: syncSchema.prefault({}).describe('How clones follow their originals.'),
    companions: z.array(companionSchema).max(16).default([]).describe('Services and ConfigMaps cloned with each group.'),
    scale: z
      .object({
        representativeRole: dnsLabel('representativeRole')
          .optional()
          .describe('Role whose pod stands for the group in the scale selector; default: of the first target.'),
      })
      .strict()
      .prefault({})
      .describe('What the scale subresource shows.'),
    metrics: metricsSchema.optional(),
    paused: z.boolean().default(false).describe('Compute and report, change nothing.'),
  })
  .strict();

const memberStatus = z.object({
  role: z.string().describe('Role in the group.'),
  kind: z.string().describe('Kind of the workload.'),
  namespace: z.string().describe('Namespace of the workload.'),
  name: z.string().describe('Name of the workload.'),
  replicas: z.int().describe('Replicas that its spec asks for.'),
  readyReplicas: z.int().describe('Replicas that are Ready.'),
  synced: z.boolean().optional().describe('Whether a clone has the form of its original; absent until compared.'),
  generation: z.int().optional().describe("A clone's generation after the last write."),
});

export const PHASES = ['Creating', 'Available', 'Degraded', 'Draining', 'Deleting', 'Parked'] as const;

const groupStatus = z.object({
  id: z.string().describe('ID of the group; never used again once it is gone.'),
  origin: z.boolean().optional().describe('True for the originals.'),
  phase: z.enum(PHASES).describe('Where it is between creation and removal.'),
  since: z.string().describe('When it came into this phase, or lost a member.'),
  members: z.array(memberStatus).describe('Its workloads, one for each target.'),
});

const historyEntry = z.object({
  time: z.string().describe('When it was decided.'),
  from: z.int().describe('Groups before.'),
  to: z.int().describe('Groups afterwards.'),
  added: z.array(z.string()).optional().describe('At most 100 are named.'),
  removed: z.array(z.string()).optional().describe('At most 100 are named.'),
  reason: z.string().describe('What made it so.'),
});

const conditionSchema = z.object({
  type: z.string().describe('Which condition (docs/reference/conditions-and-events.md).'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: z.string().describe('Why, in one word.'),
  message: z.string().describe('Why, in a sentence.'),
  lastTransitionTime: z.string().describe('When its status changed last.'),
  observedGeneration: z.int().optional().describe('metadata.generation that it is about.'),
});

const planSchema = z.object({
  summary: z.string().describe('What comes next, in a sentence.'),
  create: z.array(z.string()).optional().describe('IDs of groups to be made.'),
  remove: z.array(z.string()).optional().describe('IDs of groups to be removed.'),
  nextVictims: z.array(z.string()).optional().describe('Groups that would go next, first to go first.'),
  thenBy: z.string().optional().describe('Rule by which later victims are chosen when one has to go.'),
});

export const statusSchema = z.object({
  observedGeneration: z.int().optional().describe('metadata.generation that the controller has acted on.'),
  replicas: z.int().optional().describe('Groups that exist and are not on their way out.'),
  readyReplicas: z.int().optional().describe('Of these, groups whose every member is ready.'),
  availableReplicas: z.int().optional().describe('Of these, groups whose every member is available.'),
  drainingReplicas: z.int().optional().describe('Groups that finish their requests before they go.'),
  terminatingReplicas: z.int().optional().describe('Groups whose workloads are being deleted or parked.'),
  selector: z.string().optional().describe('Label selector of one pod per group, for the scale subresource.'),
  nextGroupIndex: z.int().optional().describe('Number of the next new group.'),
  pendingGroups: z.array(z.string()).optional().describe('IDs reserved for groups that are not complete yet.'),
  groups: z.array(groupStatus).optional().describe('The groups and their members.'),
  omittedGroups: z.int().optional().describe('Groups that are counted but not listed: those over 500, or over 1,500 members.'),
  ratio: z
    .object({
      wanted: z.string().describe('Replicas of the originals, in the order of the targets: 2:4.'),
      observed: z.string().describe('What the serving groups have; several where they differ.'),
    })
    .optional()
    .describe('Replicas of the members in one group.'),
  plan: planSchema.optional().describe('What the controller is about to do.'),
  sortedGroupList: z
    .object({
      unknown: z.array(z.string()).optional().describe('Entries that name no group.'),
      duplicates: z.array(z.string()).optional().describe('Entries that stand twice.'),
    })
    .optional()
    .describe('What is odd about spec.scalingGroupTask.sortedGroupList.'),
  history: z.array(historyEntry).optional().describe('The last scalings, the oldest first.'),
  conditions: z.array(conditionSchema).optional().describe('What holds, and since when.'),
});

const metadataSchema = z.looseObject({
  name: z.string(),
  namespace: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.number().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
});

const rsgSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: metadataSchema,
  spec: specSchema,
  status: statusSchema.prefault({}).catch({}),
});

export type Rsg = z.output<typeof rsgSchema>;
export type RsgStatus = z.output<typeof statusSchema>;
export type GroupStatus = z.output<typeof groupStatus>;
export type MemberStatus = z.output<typeof memberStatus>;
export type Phase = GroupStatus['phase'];
export type Condition = z.output<typeof conditionSchema>;
export type HistoryEntry = z.output<typeof historyEntry>;

export type ParseResult = {readonly rsg: Rsg} | {readonly problem: string};

/** Reads a live object. The API server has validated it, so a problem means a CRD of another version; it is reported, never thrown. */
export function parseRsg(object: unknown): ParseResult {
  const parsed = rsgSchema.safeParse(object);
  if (parsed.success) return {rsg: parsed.data};
  return {problem: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')};
}
