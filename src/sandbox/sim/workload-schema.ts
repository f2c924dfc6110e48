/** Deployments, ReplicaSets and StatefulSets as their simulators read them: the API server has validated them, defaults are filled in. */
import {z} from 'zod';
import type {KubeObject} from '../../api/objects.ts';
import {selectorSchema} from './selector.ts';

const count = z.int().min(0);
const stringMap = z.record(z.string(), z.string());
/** A number of pods, or a percentage of the replicas. */
const intOrPercent = z.union([count, z.string().regex(/^\d+%$/u)]);
export type IntOrPercent = z.output<typeof intOrPercent>;

export const templateSchema = z.looseObject({
  metadata: z.looseObject({labels: stringMap.default({}), annotations: stringMap.optional()}).prefault({}),
  spec: z.looseObject({}).prefault({}),
});
export type Template = z.output<typeof templateSchema>;

export const conditionSchema = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  lastUpdateTime: z.string().optional(),
  lastTransitionTime: z.string().optional(),
});
export type WorkloadCondition = z.output<typeof conditionSchema>;

const rolling = z.object({maxSurge: intOrPercent.default('25%'), maxUnavailable: intOrPercent.default('25%')});

const deploymentSchema = z.object({
  spec: z.object({
    replicas: count.default(1),
    selector: selectorSchema,
    template: templateSchema,
    paused: z.boolean().default(false),
    minReadySeconds: count.default(0),
    revisionHistoryLimit: count.default(10),
    progressDeadlineSeconds: count.default(600),
    strategy: z
      .object({type: z.enum(['RollingUpdate', 'Recreate']).default('RollingUpdate'), rollingUpdate: rolling.prefault({})})
      .prefault({}),
  }),
  status: z.looseObject({collisionCount: count.optional(), conditions: z.array(conditionSchema).default([])}).prefault({}),
});

const replicaSetSchema = z.object({
  spec: z.object({
    replicas: count.default(1),
    selector: selectorSchema,
    template: templateSchema.prefault({}),
    minReadySeconds: count.default(0),
  }),
  status: z.looseObject({replicas: count.default(0), readyReplicas: count.default(0), availableReplicas: count.default(0)}).prefault({}),
});

const retention = z.enum(['Retain', 'Delete']).default('Retain');
const claimTemplate = z.looseObject({metadata: z.looseObject({name: z.string(), labels: stringMap.optional()}), spec: z.looseObject({})});

const statefulSetSchema = z.object({
  spec: z.object({
    replicas: count.default(1),
    selector: selectorSchema,
    template: templateSchema,
    serviceName: z.string().default(''),
    minReadySeconds: count.default(0),
    revisionHistoryLimit: count.default(10),
    podManagementPolicy: z.enum(['OrderedReady', 'Parallel']).default('OrderedReady'),
    ordinals: z.object({start: count.default(0)}).prefault({}),
    volumeClaimTemplates: z.array(claimTemplate).default([]),
    persistentVolumeClaimRetentionPolicy: z.object({whenDeleted: retention, whenScaled: retention}).prefault({}),
    updateStrategy: z
      .object({
        type: z.enum(['RollingUpdate', 'OnDelete']).default('RollingUpdate'),
        rollingUpdate: z.object({partition: count.default(0)}).prefault({}),
      })
      .prefault({}),
  }),
  status: z.looseObject({currentRevision: z.string().optional()}).prefault({}),
});

/** The parsed fields beside the object as stored, which is what is written back. */
export type Deployment = z.output<typeof deploymentSchema> & {readonly object: KubeObject};
export type ReplicaSet = z.output<typeof replicaSetSchema> & {readonly object: KubeObject};
export type StatefulSet = z.output<typeof statefulSetSchema> & {readonly object: KubeObject};

export const readDeployment = (object: KubeObject): Deployment => ({...deploymentSchema.parse(object), object});
export const readReplicaSet = (object: KubeObject): ReplicaSet => ({...replicaSetSchema.parse(object), object});
export const readStatefulSet = (object: KubeObject): StatefulSet => ({...statefulSetSchema.parse(object), object});

/** Of `total`; percentages are rounded up for a surge and down for what may be unavailable, as the API defines it. */
export function resolve(value: IntOrPercent, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const exact = (Number.parseInt(value, 10) * total) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
