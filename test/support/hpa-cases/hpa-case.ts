/** Cases of HPA behaviour: the same tables are asked of the real HPA controller and of the simulated one. */

export interface HpaSetting {
  /** What the external metric `load` is, or why there is none. */
  readonly external: number | 'fails';
  readonly min?: number;
}

export interface HpaWanted {
  readonly replicas: number;
  /**
   * The replicas are those of its first rescale: what the pods report does not change with their number in these cases, so that it goes on.
   */
  readonly first?: true;
  /** `type=status/reason` of each condition that is looked at, optionally with `: ` and the beginning of its message. */
  readonly conditions: readonly string[];
}

export interface HpaCase extends HpaSetting {
  readonly name: string;
  /** Replicas of the Deployment that is scaled. */
  readonly replicas: number;
  /** Pods with the labels of its own that never start. */
  readonly pending?: number;
  /** An entry of `spec.metrics`. */
  readonly metrics: readonly object[];
  /** What each pod reports. */
  readonly perPod: number;
  /** How many of the pods report; default all. */
  readonly reporting?: number;
  /** What the metric `load` of the Service `front` is. */
  readonly object?: number;
  readonly max?: number;
  readonly behavior?: object;
  /** Another HPA has the same target. */
  readonly rival?: boolean;
  readonly wanted: HpaWanted;
  /** What is different afterwards, and what follows from it. */
  readonly then?: Partial<HpaSetting> & {readonly wanted: HpaWanted};
}

/** The HPA of a case, for the Deployment of this name. */
export function hpaOf({metrics, min = 1, max = 10, behavior}: HpaCase, target: string, name = target): object {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {name, namespace: 'default'},
    spec: {
      scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: target},
      minReplicas: min,
      maxReplicas: max,
      metrics,
      ...(behavior === undefined ? {} : {behavior}),
    },
  };
}

/** A pod that the Deployment's selector matches and that is never ready. */
export function pendingPod(target: string, at: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${target}-pending-${String(at)}`,
      namespace: 'default',
      labels: {app: target},
      annotations: {'test/ready-after': '24h'},
    },
    spec: {containers: [{name: 'engine', image: 'engine', resources: {requests: {cpu: '1'}}}]},
  };
}

/** The first of `wanted` that is not among the conditions. */
export function missingCondition(wanted: readonly string[], conditions: readonly SeenCondition[]): string | undefined {
  const seen = conditions.map(({type, status, reason, message}) => `${type}=${status}/${reason}: ${message}`);
  return wanted.find((one) => !seen.some((text) => text.startsWith(one.includes(': ') ? one : `${one}: `)));
}

/** Of the event of a rescale. */
export function sizeIn(message: string): number {
  return Number(/^New size: (\d+);/u.exec(message)?.[1]);
}

export interface SeenCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
