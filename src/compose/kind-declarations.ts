/** Reads the file of `--kind-declarations`. */
import {readFile} from 'node:fs/promises';
import {parse} from 'yaml';
import {readKinds, type WorkloadKind} from '../api/workload-kind.ts';
import {messageOf} from '../runtime/errors.ts';

/** Answers what is wrong with it, one sentence each, instead of throwing. */
export async function loadKinds(
  file: string | undefined,
): Promise<{readonly kinds: readonly WorkloadKind[]} | {readonly mistakes: readonly string[]}> {
  if (file === undefined) return {kinds: []};
  try {
    return readKinds(parse(await readFile(file, 'utf8')));
  } catch (error) {
    return {mistakes: [messageOf(error)]};
  }
}
