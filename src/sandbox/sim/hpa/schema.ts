/** HorizontalPodAutoscalers (autoscaling/v2) as their simulator reads them. */
import {z} from 'zod';
import {selectorSchema} from '../selector.ts';
import {milliOf} from './quantity.ts';

/** In thousandths. */
export const quantitySchema = z.union([z.string(), z.number()]).transform((value, context) => {
  const milli = milliOf(String(value));
  if (milli === undefined) context.addIssue(`not a quantity: ${String(value)}`);
  return milli ?? 0;
});

const target = z.object({
  type: z.enum(['Value', 'AverageValue', 'Utilization']),
  value: quantitySchema.optional(),
  averageValue: quantitySchema.optional(),
  averageUtilization: z.number().optional(),
});
export type MetricTarget = z.output<typeof target>;
const metric = z.object({name: z.string(), selector: selectorSchema.optional()});
export type MetricName = z.output<typeof metric>;
const describedObject = z.object({apiVersion: z.string().default(''), kind: z.string(), name: z.string()});

export const metricSchema = z.discriminatedUnion('type', [
  z.object({type: z.literal('External'), external: z.object({metric, target})}),
  z.object({type: z.literal('Object'), object: z.object({describedObject, metric, target})}),
  z.object({type: z.literal('Pods'), pods: z.object({metric, target})}),
  z.object({type: z.literal('Resource'), resource: z.object({name: z.string(), target})}),
]);
export type MetricSpec = z.output<typeof metricSchema>;

const policy = z.object({type: z.enum(['Pods', 'Percent']), value: z.number(), periodSeconds: z.number()});
export type Policy = z.output<typeof policy>;
const rules = z.object({
  stabilizationWindowSeconds: z.number().nullish(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).default('Max'),
  policies: z.array(policy).optional(),
  tolerance: quantitySchema.optional(),
});

const conditionSchema = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTransitionTime: z.string().default(''),
});
export type HpaCondition = z.output<typeof conditionSchema>;

const hpaSchema = z.object({
  metadata: z.looseObject({name: z.string(), namespace: z.string(), uid: z.string(), generation: z.number().optional()}),
  spec: z.object({
    scaleTargetRef: z.object({apiVersion: z.string(), kind: z.string(), name: z.string()}),
    minReplicas: z.number().default(1),
    maxReplicas: z.number(),
    metrics: z.array(metricSchema).default([]),
    behavior: z.object({scaleUp: rules.prefault({}), scaleDown: rules.prefault({})}).optional(),
  }),
  status: z.looseObject({lastScaleTime: z.string().optional(), conditions: z.array(conditionSchema).default([])}).prefault({}),
});
export type Hpa = z.output<typeof hpaSchema>;

/** Throws a ZodError for metrics of kinds that are not simulated (ContainerResource). */
export const readHpa = (object: unknown): Hpa => hpaSchema.parse(object);
