/** What `decide` sees and what it may ask for: plain values, a snapshot of the cluster as the stores hold it, and tagged actions. */
import type {KubeObject, ResourceType} from '../api/objects.ts';
import type {Rsg, RsgStatus} from '../api/schema.ts';
import type {WorkloadKind} from '../api/workload-kind.ts';

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
  /** Of the member that it belongs to. */
  readonly workload: WorkloadKind;
  /** Labels of the pod template that it was made from. */
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

/** What was learned of a clone by asking the API server. It counts for this generation of the clone and this wanted form only. */
export interface Finding {
  readonly generation: number;
  /** Source hash of the form that was tried. */
  readonly hash: string;
  /** Where what is stored differs from the wanted form, by a dry-run; empty: it does not. */
  readonly fields: readonly string[];
  /** Cannot be changed in place: only a new object can have the wanted form. */
  readonly immutable?: boolean;
  /** Why the wanted form was refused, and when (milliseconds since the epoch) to try again. */
  readonly refused?: {readonly message: string; readonly retryAt: number};
}

/** A field that something else keeps changing on a clone. Until then (milliseconds since the epoch) it is left as it is. */
export interface Contest {
  readonly field: string;
  readonly until: number;
}

/** What the engines of a group said of the requests they hold: a number, or why it is unknown. */
export interface Reading {
  /** When it was asked, in milliseconds since the epoch: what an answer says may be as old as the question. */
  readonly at: number;
  readonly requests?: number;
  readonly unknown?: string;
}

export interface GroupReadings {
  readonly latest: Reading;
  /** When the unbroken row of zeros began that ends with the latest. */
  readonly idleSince?: number;
}

/** What the metrics adapter misses: pods, and of which signals, or why it did not say. */
export type MetricsHealth =
  {readonly missing: readonly {readonly pod: string; readonly signals: readonly string[] | 'all'}[]} | {readonly unknown: string};

export interface CompanionOriginal {
  readonly spec: Rsg['spec']['companions'][number];
  readonly type: ResourceType;
  readonly object?: KubeObject;
}

export interface Companions {
  readonly originals: readonly CompanionOriginal[];
  /** Services and ConfigMaps that carry this RSG's uid label. */
  readonly clones: readonly Live[];
}

export interface CompanionWrite extends Live {
  readonly group: string;
  /** Undefined while it does not exist. */
  readonly stored?: KubeObject;
}

export interface Snapshot {
  readonly rsg: Rsg;
  /** The history in `rsg` tells of scalings that the stored status does not tell of yet. */
  readonly historyUnsaved?: boolean;
  readonly targets: readonly Target[];
  /** Every original that carries this RSG's claim. */
  readonly claimed: readonly Live[];
  readonly clones: readonly Clone[];
  readonly pods: readonly GroupPod[];
  readonly autoscalers: readonly Autoscaler[];
  readonly services: readonly ServiceSelector[];
  readonly companions: Companions;
  /** `Kind/namespace/name` of objects that have a name of ours but are not ours. */
  readonly foreign: Pick<ReadonlySet<string>, 'has'>;
  /** The highest group index on any PVC of a clone, read only while status does not know the next index; else 0. */
  readonly highestVolumeIndex: number;
  /** By group: why its last attempt failed and when the next is due. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** `FailedCreate` events by the uid of the workload that had them. */
  readonly failedCreates: ReadonlyMap<string, FailedCreate>;
  /** By uid of the clone. */
  readonly findings: ReadonlyMap<string, Finding>;
  readonly contests: ReadonlyMap<string, Contest>;
  /** Sources as they were last, newest first: ControllerRevisions owned by the RSG. */
  readonly revisions: readonly KubeObject[];
  /** Undefined where nobody was asked. */
  readonly metricsHealth?: MetricsHealth;
  /** By group; undefined where nobody can be asked. */
  readonly readings?: ReadonlyMap<string, GroupReadings>;
  /** Least time between two readings that count as two, in milliseconds: the scrape interval. */
  readonly readingIntervalMs: number;
}

export interface NewGroup {
  readonly id: string;
  readonly members: readonly Live[];
}

export interface CloneChange {
  readonly clone: Clone;
  /** The whole object to write. */
  readonly wanted: KubeObject;
  /** What was changed on the clone and is put back; empty when the source changed. */
  readonly fields: readonly string[];
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
  /** Asks by dry-run whether clones differ from their wanted form. */
  | {readonly do: 'check'; readonly clones: readonly CloneChange[]}
  /** Writes the wanted form. */
  | {readonly do: 'update'; readonly clones: readonly CloneChange[]}
  /** Deletes clones of which only new objects can have the wanted form, or whose target was taken off the RSG. */
  | {readonly do: 'replace'; readonly clones: readonly Clone[]}
  | {readonly do: 'companions'; readonly write: readonly CompanionWrite[]; readonly remove: readonly Live[]}
  | {readonly do: 'remember'; readonly revision: KubeObject}
  | {readonly do: 'forget'; readonly revisions: readonly KubeObject[]}
  | {readonly do: 'park'; readonly on: Live; readonly replicas: number; readonly contests: number}
  | {readonly do: 'restore'; readonly on: Live; readonly replicas: number}
  | {readonly do: 'labelPod'; readonly pod: KubeObject; readonly labels: Readonly<Record<string, string | null>>};

/** A group whose engines are to be asked how many requests they hold. */
export interface Probe {
  readonly group: string;
  readonly pods: readonly {readonly role: string; readonly pod: KubeObject}[];
  /** When the drain began that waits for zeros, in milliseconds since the epoch; 0 where none does. Zeros from before belong to another row. */
  readonly drainSince: number;
}

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
  /** Groups whose requests the next decision wants to know. */
  readonly probes: readonly Probe[];
  /** When time alone changes the decision: milliseconds until then. */
  readonly requeueAfterMs?: number;
}
