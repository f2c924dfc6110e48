/**
 * Where a kind of workload has what RSG reads and writes: a declaration is data. Those of known kinds are in `shipped-kinds.ts`; an
 * operator declares others. Paths are as in `path.ts`.
 */
import {z} from 'zod';

const path = z
  .string()
  .max(256)
  .regex(/^[A-Za-z_][\w-]*(\[\*\])?(\.[A-Za-z_][\w-]*(\[\*\])?)*$/u, 'must be a path such as spec.replicas or spec.roles[*].replicas');
const plainPath = path.refine((text) => !text.includes('[*]'), 'must be a path without [*]');
const labels = z.record(z.string().min(1), z.string());

const template = z
  .strictObject({
    path: path.describe('Of a pod template: spec.template.'),
    pods: labels.optional().describe('Labels by which the pods made from this template are known, where the kind has several.'),
    podsNamedBy: z.string().optional().describe('Label of pods that holds the name of the list item their template is in.'),
  })
  .refine((one) => one.pods === undefined || one.podsNamedBy === undefined, 'takes pods or podsNamedBy, not both');

const status = z.strictObject({
  observedGeneration: plainPath.default('status.observedGeneration'),
  replicas: path.default('status.replicas').describe('Pods, or replicas, that are there, ready or not.'),
  ready: path.default('status.readyReplicas'),
  updated: path.optional().describe('Replicas at the latest form; without it a ready replica counts as updated.'),
  available: path.optional().describe('Without it a ready replica counts as available.'),
});

const owned = z.strictObject({version: z.string().min(1), kind: z.string().min(1)});

export const workloadKindSchema = z.strictObject({
  group: z.string().min(1),
  kind: z.string().regex(/^[A-Z][A-Za-z0-9]*$/u, 'must be a kind as it is written in manifests, such as Deployment'),
  replicas: path.default('spec.replicas').describe('Of the counts; a missing one is 1.'),
  parking: z
    .enum(['spec', 'scale', 'never'])
    .default('spec')
    .describe('How it is scaled to 0: by its spec, by its scale subresource, or not at all, so that its group 0 is always kept.'),
  selector: plainPath.optional().describe('Of the label selector, where the kind has one.'),
  scaleSelector: plainPath.optional().describe('Of the selector of its pods as text, as its scale subresource answers it.'),
  templates: z.array(template).min(1).max(16),
  status: status.prefault({}),
  partition: plainPath.optional().describe('Of the number of replicas that its rollout leaves at their old form on purpose.'),
  rollsByHand: z
    .strictObject({path: plainPath, value: z.string()})
    .optional()
    .describe('Where this value is, its rollout never ends by itself.'),
  volumeClaims: plainPath.optional().describe('Of its volume claim templates.'),
  volumeRetention: plainPath.optional().describe('Of its persistentVolumeClaimRetentionPolicy.'),
  owns: z
    .array(owned)
    .max(16)
    .default([])
    .describe('Kinds that stand between it and its pods, by controller owner, apart from ReplicaSets.'),
  standsForGroup: labels.optional().describe('Labels of the pods that can stand for a group in the scale selector; default: any pod.'),
  nameLabels: z.array(z.string().min(1)).max(8).default([]).describe("Labels of its pods whose value is the workload's name."),
  keptLabels: z
    .array(z.string().min(1))
    .max(8)
    .default([])
    .describe('Prefixes of labels that its controllers need on pods: a drain never takes them off.'),
  serviceName: plainPath.optional().describe('Of the name of the headless Service by which its pods have names of their own.'),
  ownService: z
    .boolean()
    .default(false)
    .describe('It makes a headless Service of its own name, by which its pods have names of their own.'),
  maxNameLength: z.int().min(20).max(253).default(52),
});

/** A kind of workload with every default filled in. */
export type WorkloadKind = Readonly<z.output<typeof workloadKindSchema>>;
/** As a file or a shipped declaration writes it. */
export type WorkloadKindInput = z.input<typeof workloadKindSchema>;

/** `Deployment.apps`, as `--target-kinds` names it. */
export function kindName({group, kind}: {readonly group: string; readonly kind: string}): string {
  return `${kind}.${group}`;
}

const fileSchema = z.strictObject({kinds: z.array(workloadKindSchema).max(64)});

/** Reads parsed YAML. Answers every mistake, one sentence each, instead of throwing. */
export function readKinds(value: unknown): {readonly kinds: readonly WorkloadKind[]} | {readonly mistakes: readonly string[]} {
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success)
    return {mistakes: parsed.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'the file'}: ${issue.message}`)};
  const names = parsed.data.kinds.map(kindName);
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  return twice.length === 0 ? {kinds: parsed.data.kinds} : {mistakes: twice.map((name) => `${name} is declared twice`)};
}
