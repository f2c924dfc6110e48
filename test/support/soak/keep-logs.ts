/** What is needed to find out why a soak went wrong, kept after its cluster is gone. */
import {cp, mkdtemp, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ControlPlane} from '../control-plane.ts';

/** Answers the folder. */
export async function keepLogs(cluster: ControlPlane): Promise<string> {
  const kept = await mkdtemp(join(tmpdir(), 'rsg-soak-'));
  await cp(join(cluster.directory, 'logs'), kept, {recursive: true});
  await cp(join(cluster.directory, 'rsg.log'), join(kept, 'rsg.log'));
  await writeFile(join(kept, 'objects.yaml'), await cluster.kubectlOk('get', 'rsg,deployments,statefulsets,pods', '-A', '-o', 'yaml'));
  return kept;
}
