/** Every kind that is served now: the built-in ones, and those of the CRDs that are stored. */
import type {KubeObject} from '../../api/objects.ts';
import {loadDefinitions, type Definitions} from '../schema/definitions.ts';
import {builtInKinds} from './built-in.ts';
import {customKinds} from './custom.ts';
import type {Kind, Kinds} from './kind.ts';

export interface KindRegistry extends Kinds {
  readonly definitions: Definitions;
  /** Serves the versions of a CRD, in place of what it served before. */
  register(crd: KubeObject): void;
  unregister(crd: KubeObject): void;
}

export function createKindRegistry(): KindRegistry {
  const definitions = loadDefinitions();
  const byName = new Map<string, Kind>();
  const custom = new Map<string, readonly string[]>();
  const keyOf = ({group, version, plural}: {group: string; version: string; plural: string}): string => `${group}/${version}/${plural}`;
  for (const kind of builtInKinds(definitions)) byName.set(keyOf(kind.type), kind);
  let all: readonly Kind[] | undefined;

  const unregister = (crd: KubeObject): void => {
    for (const key of custom.get(crd.metadata.name) ?? []) byName.delete(key);
    custom.delete(crd.metadata.name);
    all = undefined;
  };
  return {
    definitions,
    all: () => (all ??= [...byName.values()]),
    find: (type) => byName.get(keyOf(type)),
    register: (crd) => {
      const kinds = customKinds(crd, definitions);
      unregister(crd);
      for (const kind of kinds) byName.set(keyOf(kind.type), kind);
      custom.set(
        crd.metadata.name,
        kinds.map(({type}) => keyOf(type)),
      );
    },
    unregister,
  };
}
