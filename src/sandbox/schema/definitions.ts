/** The fields of the built-in kinds, read from the generated table: one definition a line, `NAME field#NUMBER:TYPE field#NUMBER:TYPE …`. */
import {KUBERNETES_FIELDS} from './kubernetes.generated.ts';

export type FieldType =
  | {readonly kind: 'scalar'; readonly scalar: string}
  | {readonly kind: 'ref'; readonly name: string}
  /** `merge` is how strategic merge patch joins two lists: by a key of their items, as a set (`*`), or not at all. */
  | {readonly kind: 'list'; readonly items: FieldType; readonly merge: string | undefined}
  | {readonly kind: 'map'; readonly values: FieldType};

export interface Field {
  readonly type: FieldType;
  /** In protobuf; the path through embedded messages whose fields JSON shows as the message's own. Empty where it does not travel. */
  readonly numbers: readonly number[];
  readonly required: boolean;
  /** Written even when it was not given: a struct that is no pointer, or a value without `omitempty`. */
  readonly always: boolean;
  /** A strategic merge patch of it names the keys to keep. */
  readonly retainKeys: boolean;
}

export interface Definition {
  /** Without the prefix `io.k8s.`. */
  readonly name: string;
  /** The Go type, as decoding errors name it. */
  readonly goName: string;
  readonly fields: ReadonlyMap<string, Field>;
}

export interface Definitions {
  /** Throws for a name that the table does not have: references inside the table are complete. */
  get(name: string): Definition;
}

const META = 'apimachinery.pkg.apis.meta.v1.ObjectMeta';

export function objectMeta(definitions: Definitions): Definition {
  return definitions.get(META);
}

export function loadDefinitions(): Definitions {
  const all = new Map(KUBERNETES_FIELDS.split('\n').map((line) => [line.split(' ', 1)[0] ?? '', line]));
  const parsed = new Map<string, Definition>();
  return {
    get: (name) => {
      const known = parsed.get(name);
      if (known !== undefined) return known;
      const line = all.get(name);
      if (line === undefined) throw new Error(`no definition of ${name}`);
      const [, ...fields] = line.split(' ');
      const definition = {name, goName: name.split('.').at(-1) ?? name, fields: new Map(fields.map(parseField))};
      parsed.set(name, definition);
      return definition;
    },
  };
}

function parseField(text: string): [string, Field] {
  const at = text.indexOf(':');
  const [, type = '', flags = ''] = /^(.*?)([~*!]*)$/u.exec(text.slice(at + 1)) ?? [];
  const [name = '', numbers = ''] = text.slice(0, at).split('#');
  return [
    name,
    {
      type: parseType(type),
      numbers: numbers === '' ? [] : numbers.split('.').map(Number),
      required: flags.includes('*'),
      always: flags.includes('!'),
      retainKeys: flags.includes('~'),
    },
  ];
}

function parseType(text: string): FieldType {
  if (text.startsWith('=')) return {kind: 'ref', name: text.slice(1)};
  if (text.startsWith('{}')) return {kind: 'map', values: parseType(text.slice(2))};
  if (!text.startsWith('[')) return {kind: 'scalar', scalar: text};
  const end = text.indexOf(']');
  const merge = text.slice(1, end);
  return {kind: 'list', items: parseType(text.slice(end + 1)), merge: merge === '' ? undefined : merge};
}
