/** What people do to the workloads of a model cluster. Pod templates are told apart by a number. */
import {asObject} from '../../src/api/json.ts';
import type {KubeObject} from '../../src/api/objects.ts';
import type {ModelCluster} from './model-cluster.ts';

export function edit(cluster: ModelCluster, name: string, version: number): void {
  const object = cluster.workloads.get(name);
  if (object === undefined) return;
  const spec = asObject(object['spec']);
  const template = {...asObject(spec['template']), spec: {containers: [], priority: version}};
  cluster.put({...object, metadata: {...object.metadata, generation: (object.metadata.generation ?? 0) + 1}, spec: {...spec, template}});
}

export function versionOf(object: KubeObject | undefined): unknown {
  return asObject(asObject(asObject(object?.['spec'])['template'])['spec'])['priority'];
}

export function loseOriginal(cluster: ModelCluster, at: number): void {
  cluster.workloads.delete(`member${String(at)}`);
}

export function makeOriginal(cluster: ModelCluster, at: number, version: number): void {
  const name = `member${String(at)}`;
  cluster.put(cluster.workload(name, cluster.ratio[at] ?? 1));
  edit(cluster, name, version);
}
