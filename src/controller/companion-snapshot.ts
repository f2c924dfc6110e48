/** Companions as they are: Services are watched anyway; of ConfigMaps only ours and the originals are, and only where an RSG has any. */
import {LABELS, labelValue} from '../api/labels.ts';
import type {ResourceType} from '../api/objects.ts';
import type {Rsg} from '../api/schema.ts';
import {BY_RSG, SERVICE, type Lookup} from '../kube/watches.ts';
import type {CompanionOriginal, Companions, Live} from './model.ts';

const CONFIG_MAP: ResourceType = {group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true};

export async function companionsOf(rsg: Rsg, key: string, watches: Pick<Lookup, 'need'>): Promise<Companions> {
  const {namespace, uid} = rsg.metadata;
  const services = await watches.need(key, {type: SERVICE, namespace});
  const originals: CompanionOriginal[] = [];
  for (const spec of rsg.spec.companions) {
    const isService = spec.kind === 'Service';
    const type = isService ? SERVICE : CONFIG_MAP;
    const store = isService ? services : await watches.need(key, {type, namespace, fieldSelector: `metadata.name=${spec.name}`});
    const object = store.get(namespace, spec.name);
    originals.push({spec, type, ...(object === undefined ? {} : {object})});
  }
  const ours = services.by(BY_RSG, labelValue(uid)).map((object): Live => ({type: SERVICE, object}));
  if (!rsg.spec.companions.some(({kind}) => kind === 'ConfigMap')) return {originals, clones: ours};
  const maps = await watches.need(key, {type: CONFIG_MAP, namespace, labelSelector: LABELS.rsgUid});
  return {originals, clones: [...ours, ...maps.by(BY_RSG, labelValue(uid)).map((object): Live => ({type: CONFIG_MAP, object}))]};
}
