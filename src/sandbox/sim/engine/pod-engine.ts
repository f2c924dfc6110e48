/** Which pods are engines, as their annotation and status say. Pure. */
import {asObject, asObjects} from '../../../api/json.ts';
import {LABELS} from '../../../api/labels.ts';
import type {KubeObject} from '../../../api/objects.ts';
import {isReady, phaseOf} from '../pod-state.ts';
import {isTerminating} from '../write.ts';
import type {EngineRole} from './model.ts';

/** On pod templates: `prefill` or `decode`. A pod without it runs no engine. */
export const ENGINE_ANNOTATION = 'sandbox.resourcescalinggroup.com/engine';
/** The group of pods that no RSG has made. */
export const ORIGINALS = 'originals';

const DEFAULT_PORT = 8000;

export interface EnginePod {
  readonly uid: string;
  readonly name: string;
  readonly role: EngineRole;
  readonly group: string;
  readonly address: string;
  readonly port: number;
  /** Ready, not on its way out, not marked as draining: a router may send it requests, if a Service selects it. */
  readonly routable: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** Undefined for a pod that runs no engine, or not yet. */
export function enginePod(pod: KubeObject): EnginePod | undefined {
  const {metadata} = pod;
  const role = metadata.annotations?.[ENGINE_ANNOTATION];
  const address = asObject(pod['status'])['podIP'];
  if ((role !== 'prefill' && role !== 'decode') || typeof address !== 'string' || phaseOf(pod) !== 'Running') return undefined;
  const ports = asObjects(asObject(pod['spec'])['containers']).flatMap((container) => asObjects(container['ports']));
  const port = ports[0]?.['containerPort'];
  const labels = metadata.labels ?? {};
  return {
    uid: metadata.uid ?? '',
    name: metadata.name,
    role,
    group: labels[LABELS.group] ?? ORIGINALS,
    address,
    port: typeof port === 'number' ? port : DEFAULT_PORT,
    routable: isReady(pod) && !isTerminating(pod) && labels[LABELS.state] !== 'draining',
    labels,
  };
}
