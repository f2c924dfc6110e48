/**
 * What `decide` sees and what it may ask for. Pure values: a snapshot of the cluster as the stores hold it, and tagged actions.
 */
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

/** An object that carries this RSG's uid label and owner reference. */
export interface Clone {
  readonly group: string;
  readonly role: string;
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/** A pod and the group and role it belongs to by its chain of controller owners, never by selector. */
export interface GroupPod {
  readonly group: string;
  readonly role: string;
  readonly pod: KubeObject;
}

/** An HPA or ScaledObject and what it targets. */
export interface Autoscaler {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly targetKind: string;
  readonly targetName: string;
}

export interface Snapshot {
  readonly rsg: Rsg;
  readonly targets: readonly Target[];
  readonly clones: readonly Clone[];
  readonly pods: readonly GroupPod[];
  readonly autoscalers: readonly Autoscaler[];
  /** Selectors of Services in the RSG's namespace. */
  readonly serviceSelectors: readonly Readonly<Record<string, string>>[];
  /** `kind/namespace/name` of every object of a target's kind that is not this RSG's. */
  readonly foreign: ReadonlySet<string>;
  /** Refusals seen by the last attempt to create, by group, in the refuser's words. */
  readonly refusals: ReadonlyMap<string, string>;
}

export interface NewMember {
  readonly role: string;
  readonly type: ResourceType;
  readonly object: KubeObject;
}

export interface NewGroup {
  readonly id: string;
  readonly members: readonly NewMember[];
}

export type RemovalPhase = 'Draining' | 'Deleting';
export type Removing = Readonly<Record<string, {readonly since: string; readonly phase: RemovalPhase; readonly waits?: boolean}>>;

export type Action =
  | {readonly do: 'finalizer'; readonly present: boolean}
  | {readonly do: 'claim'; readonly target: Target}
  | {readonly do: 'release'; readonly target: Target}
  | {readonly do: 'reserve'; readonly status: RsgStatus}
  | {readonly do: 'mark'; readonly removing: Removing}
  | {readonly do: 'create'; readonly groups: readonly NewGroup[]}
  | {readonly do: 'delete'; readonly clones: readonly Clone[]}
  | {readonly do: 'disown'; readonly clones: readonly Clone[]}
  | {readonly do: 'park'; readonly target: Target; readonly replicas: number; readonly contests: number}
  | {readonly do: 'restore'; readonly target: Target; readonly replicas: number}
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
