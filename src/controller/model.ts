/** What `decide` sees and what it may ask for: plain values, a snapshot of the cluster as the stores hold it, and tagged actions. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import type {Rsg, RsgStatus} from '../api/schema.ts';

/** A target as resolved: `object` is the live original, `problem` says why it cannot be used. */
export interface Target {
  readonly role: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly type?: ResourceType;
  readonly object?: KubeObject;
  readonly problem?: {readonly reason: string; readonly message: string};
}

export interface Live {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/** An object that carries this RSG's uid label and names its original. */
export interface Clone extends Live {
  readonly group: string;
  readonly role: string;
  /** `Kind/namespace/name` of its original. */
  readonly source: string;
}

/** A pod and the group it belongs to by its chain of controller owners, never by selector. */
export interface GroupPod {
  readonly group: string;
  readonly role: string;
  readonly pod: KubeObject;
  /** Labels of its workload's pod template. */
  readonly template: Readonly<Record<string, string>>;
}

/** An HPA or ScaledObject, what it targets, and the labels that the target selects pods by (undefined when not known). */
export interface Autoscaler {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly targetKind: string;
  readonly targetName: string;
  readonly selector?: Readonly<Record<string, string>>;
}

export interface ServiceSelector {
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
}

export interface Refusal {
  readonly message: string;
  /** Its pods are refused, not its workloads: known to be over only once the pods are there. */
  readonly ofPods: boolean;
  /** Milliseconds since the epoch. */
  readonly retryAt: number;
}

/** Times in milliseconds since the epoch: the first and the last such event. */
export interface FailedCreate {
  readonly message: string;
  readonly since: number;
  readonly last: number;
}

export interface Snapshot {
  readonly rsg: Rsg;
  readonly targets: readonly Target[];
  /** Every original that carries this RSG's claim. */
  readonly claimed: readonly Live[];
  readonly clones: readonly Clone[];
  readonly pods: readonly GroupPod[];
  readonly autoscalers: readonly Autoscaler[];
  readonly services: readonly ServiceSelector[];
  /** `Kind/namespace/name` of objects that have a name of ours but are not ours. */
  readonly foreign: ReadonlySet<string>;
  /** The highest group index on any PVC of a clone, read only while status does not know the next index; else 0. */
  readonly highestVolumeIndex: number;
  /** By group: why its last attempt failed and when the next is due. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** `FailedCreate` events by the uid of the workload that had them. */
  readonly failedCreates: ReadonlyMap<string, FailedCreate>;
}

export interface NewGroup {
  readonly id: string;
  readonly members: readonly Live[];
}

export type RemovalPhase = 'Draining' | 'Deleting';
/** One entry of the annotation `removing`, in the order in which the groups were chosen. */
export interface Removal {
  readonly group: string;
  readonly since: string;
  readonly phase: RemovalPhase;
}

export type Action =
  | {readonly do: 'finalizer'; readonly present: boolean}
  | {readonly do: 'claim' | 'release'; readonly on: Live}
  | {readonly do: 'reserve'; readonly status: RsgStatus}
  | {readonly do: 'mark'; readonly removing: readonly Removal[]}
  | {readonly do: 'create'; readonly groups: readonly NewGroup[]}
  /** With `refused`, the group is taken back because its pods are refused, and this is what the refuser said. */
  | {readonly do: 'delete'; readonly group: string; readonly clones: readonly Clone[]; readonly refused?: string}
  | {readonly do: 'disown'; readonly clones: readonly Clone[]}
  | {readonly do: 'park'; readonly on: Live; readonly replicas: number; readonly contests: number}
  | {readonly do: 'restore'; readonly on: Live; readonly replicas: number}
  | {readonly do: 'labelPod'; readonly pod: KubeObject; readonly labels: Readonly<Record<string, string | null>>};

export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface Decision {
  /** What to do now, in order. Empty when nothing is to be done until something changes. */
  readonly actions: readonly Action[];
  readonly status: RsgStatus;
  readonly notices: readonly Notice[];
  /** When time alone changes the decision: milliseconds until then. */
  readonly requeueAfterMs?: number;
}
