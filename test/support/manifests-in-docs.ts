/** The YAML that the documentation shows, made whole where it shows a part: what an API server, helm or the program takes. */
import {parse, stringify} from 'yaml';

export type Shown =
  | {readonly kind: 'manifest'; readonly text: string}
  /** A file of the chart's values. */
  | {readonly kind: 'values'; readonly text: string}
  /** A file of `--kind-declarations`. */
  | {readonly kind: 'declarations'; readonly text: string};

const LLAMA = {apiVersion: 'resourcescalinggroup.com/v1', kind: 'ResourceScalingGroup', name: 'llama'};
const named = (apiVersion: string, kind: string, spec: unknown): Shown => ({
  kind: 'manifest',
  text: stringify({apiVersion, kind, metadata: {name: 'shown'}, spec}),
});
const rsg = (spec: object): Shown =>
  named(LLAMA.apiVersion, LLAMA.kind, {group: {targetResources: [{name: 'prefill', kind: 'deployment', version: 'apps/v1'}]}, ...spec});

/** How each form that occurs is recognised by its first words, and what it is a part of. */
const FORMS: readonly (readonly [RegExp, (text: string) => Shown])[] = [
  [/^apiVersion:/u, (text) => ({kind: 'manifest', text})],
  [/^(?:targetKinds|metricsAdapter):/u, (text) => ({kind: 'values', text})],
  [/^kinds:/u, (text) => ({kind: 'declarations', text})],
  [/^metrics:/u, (text) => rsg(parse(text) as object)],
  [/^spec:\n {2}metrics:/u, (text) => rsg((parse(text) as {spec: object}).spec)],
  [/^spec:\n {2}ignoreDifferences:/u, (text) => named('argoproj.io/v1alpha1', 'Application', (parse(text) as {spec: object}).spec)],
  [
    /^ *- type: Object/u,
    (text) => named('autoscaling/v2', 'HorizontalPodAutoscaler', {scaleTargetRef: LLAMA, maxReplicas: 8, metrics: parse(text) as unknown}),
  ],
  [
    /^ *- type: (?:metrics-api|external)/u,
    (text) => named('keda.sh/v1alpha1', 'ScaledObject', {scaleTargetRef: LLAMA, triggers: parse(text) as unknown}),
  ],
];

/** Throws for a form that is not known here. */
export function shownIn(text: string): Shown {
  const form = FORMS.find(([start]) => start.test(text));
  if (form === undefined) throw new Error(`test/support/manifests-in-docs.ts does not know what this is a part of:\n${text}`);
  return form[1](text);
}
