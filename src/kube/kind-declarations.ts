/** Kinds of workload that an operator declared: read from the file of `--kind-declarations`, and found again as types. */
import {readFile} from 'node:fs/promises';
import {parse} from 'yaml';
import type {ResourceType} from '../api/objects.ts';
import {kindName, readKinds, type WorkloadKind} from '../api/workload-kind.ts';
import {messageOf} from '../runtime/errors.ts';
import type {Discovery} from './discovery.ts';

export type KindsRead = {readonly kinds: readonly WorkloadKind[]} | {readonly mistakes: readonly string[]};

/** Answers what is wrong with it, one sentence each, instead of throwing. */
export async function loadKinds(file: string | undefined): Promise<KindsRead> {
  if (file === undefined) return {kinds: []};
  try {
    return kindsIn(await readFile(file, 'utf8'));
  } catch (error) {
    return {mistakes: [messageOf(error)]};
  }
}

/** Of the file's text; like `loadKinds`. */
export function kindsIn(text: string): KindsRead {
  try {
    return readKinds(parse(text));
  } catch (error) {
    return {mistakes: [messageOf(error)]};
  }
}

/** With the operator's declaration of the kind, where there is one. */
export function withDeclaration(type: ResourceType, kinds: readonly WorkloadKind[]): ResourceType {
  const workload = kinds.find((one) => kindName(one) === kindName(type));
  return workload === undefined ? type : {...type, workload};
}

/** Types as the discovery finds them, with the declarations that `kindsFor` knows for each. */
export function declaringDiscovery(discovery: Discovery, kindsFor: (type: ResourceType) => Promise<readonly WorkloadKind[]>): Discovery {
  return {
    resolve: async (apiVersion, kind) => {
      const type = await discovery.resolve(apiVersion, kind);
      return type === undefined ? undefined : withDeclaration(type, await kindsFor(type));
    },
  };
}
