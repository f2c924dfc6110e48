/** What the store and the server have to know of a kind. One value per kind, built in or by CRD; all its functions are pure. */
import type {Json} from '../../api/json.ts';
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import type {StatusCause} from '../api-error.ts';
import type {FieldType} from '../schema/definitions.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority?: number;
  /** The cell; ages are told by the moment of the request, in milliseconds. */
  readonly cell: (object: KubeObject, now: number) => unknown;
}

/** Where `/scale` finds its numbers. Paths are field names from the object's root. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** As text, where the status holds it, or as a label selector object in the spec. */
  readonly selector: readonly string[] | undefined;
}

export interface Decoded {
  readonly object: KubeObject;
  /** Paths of fields that the kind does not have. */
  readonly unknown: readonly string[];
}

export interface Kind {
  readonly type: ResourceType;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly hasStatus: boolean;
  /** The status of a new object; undefined where it has none until somebody writes one. */
  readonly initialStatus: Json | undefined;
  readonly scale: ScalePaths | undefined;
  /** Counts changes of everything but metadata and status; a Deployment counts those of its annotations too. */
  readonly generation: 'none' | 'spec' | 'spec-and-annotations';
  /** `Pod`s end gracefully: who plays the kubelet has the last word. */
  readonly graceful: boolean;
  /** A PUT has to say what it replaces. */
  readonly requiresVersion: boolean;
  /** Fields that a selector may name besides metadata.name and metadata.namespace, with the value of an object. */
  readonly selectable: Readonly<Record<string, (object: KubeObject) => string>>;
  readonly columns: readonly Column[];
  /** Throws an ApiError (BadRequest) for values of the wrong type. */
  decode(raw: Json): Decoded;
  /** The object with the API server's defaults filled in. `before` is given on updates. */
  defaults(object: KubeObject, before: KubeObject | undefined): KubeObject;
  validate(object: KubeObject, before: KubeObject | undefined): readonly StatusCause[];
  /** What is refused when it is done and not when it is tried: a dry run is given nothing of what is handed out once. */
  allocate(object: KubeObject): readonly StatusCause[];
  /** Schema and how it merges, for strategic merge patch; undefined where that is refused (custom resources). */
  readonly mergeType: FieldType | undefined;
}

export interface Kinds {
  all(): readonly Kind[];
  /** Undefined for what is not served. */
  find(type: Pick<ResourceType, 'group' | 'version' | 'plural'>): Kind | undefined;
}
