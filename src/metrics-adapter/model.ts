/** What the aggregation works on: one RSG as its spec, its status and its pods say, and what is known of each pod. Plain values. */
import type {Phase} from '../api/schema.ts';
import type {DemandPreset, EnginePreset} from './presets/preset.ts';
import type {SignalName} from './query.ts';
import type {PodWindow} from './window.ts';

export interface Saturation {
  readonly signal: SignalName;
  /** Per pod. */
  readonly target: number;
  /** For signals in seconds; 0.95 unless given. */
  readonly quantile: number;
}

/** A role whose pods run an engine. */
export interface RoleModel {
  readonly role: string;
  readonly engine: string;
  readonly preset: EnginePreset;
  readonly saturation: readonly Saturation[];
  /** Replicas of the source in one group: what a group is sized for, whatever is left of it. */
  readonly replicas: number;
}

export interface GroupModel {
  readonly id: string;
  readonly phase: Phase;
  /** It was available once, and is neither parked nor being deleted: its Ready pods are needed to answer. */
  readonly counted: boolean;
}

export interface PodModel {
  /** Key of its target: whose samples are its own. */
  readonly target: string;
  readonly name: string;
  readonly group: string;
  readonly role: string;
  /** Never while it is being deleted. */
  readonly ready: boolean;
  /** It is being deleted: it takes no new requests, and may hold old ones. */
  readonly leaving: boolean;
}

export interface DemandModel {
  readonly preset: DemandPreset;
  /** Pods in front of the groups, Ready ones. */
  readonly pods: readonly {readonly target: string; readonly name: string}[];
  /** Why its pods cannot be found, if so. */
  readonly problem?: string;
}

export interface RsgModel {
  readonly namespace: string;
  readonly name: string;
  readonly roles: readonly RoleModel[];
  readonly groups: readonly GroupModel[];
  /** Groups as `status.replicas` counts them. */
  readonly existing: number;
  /** `spec.replicas`, which an autoscaler reads and writes. */
  readonly wanted: number;
  /** Pods of roles with an engine that run. */
  readonly pods: readonly PodModel[];
  /** Ready pods that carry the scale selector's label: what an HPA multiplies a ratio by. */
  readonly representatives: number;
  readonly demand?: DemandModel;
}

/** What the scrapes of one pod have brought. */
export interface PodState {
  readonly window?: PodWindow;
  /** Why the last attempt brought nothing. */
  readonly problem?: string;
  /** Nobody listened at the last attempt: what the engine held has ended. */
  readonly gone?: boolean;
}

/** The same of a pod in front of the groups. */
export interface DemandState {
  readonly atMs?: number;
  readonly waiting?: number;
  readonly inFlight?: number;
  readonly problem?: string;
}

/** A value with the time of the oldest sample in it, and over how long it was taken (0: as it was). */
export interface Measured {
  readonly value: number;
  readonly oldestMs: number;
  readonly spanSeconds: number;
}

export interface Unknown {
  readonly unknown: string;
}

export function isUnknown(value: object): value is Unknown {
  return 'unknown' in value;
}
