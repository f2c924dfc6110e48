/** The names that differ from group to group: companions, members' pods and the Services by which those have names. Pure. */
import {ANNOTATIONS} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import {kindOf, type Workload} from '../api/workload.ts';
import {cloneName} from './clone-name.ts';
import type {HostName} from './host-names.ts';
import {governingServices, type GroupNames} from './references.ts';

/** A Service's name is a DNS label; a ConfigMap's may be longer. */
const MAX_NAME = {Service: 63, ConfigMap: 253} as const;

export function companionName({kind, name}: Rsg['spec']['companions'][number], group: string): string {
  return cloneName(name, group, MAX_NAME[kind]);
}

/** `members` are the originals of the group, `home` the namespace of the object that the names are for. */
export function groupNames(rsg: Rsg, members: readonly Workload[], {group, home}: {group: string; home: string}): GroupNames {
  const {namespace} = rsg.metadata;
  const companions = (kind: 'Service' | 'ConfigMap'): HostName[] =>
    rsg.spec.companions.filter((one) => one.kind === kind).map((one) => ({name: one.name, namespace, to: companionName(one, group)}));
  const services = companions('Service');
  const pods: HostName[] = [];
  for (const member of members) {
    const {name, namespace: where = namespace} = member.object.metadata;
    const to = cloneName(name, group, kindOf(member).maxNameLength);
    const governing = governingServices(member);
    if (governing.length > 0) pods.push({name, namespace: where, to});
    for (const service of governing) {
      const known = services.some((one) => one.name === service.name && one.namespace === where);
      if (!known) services.push({name: service.name, namespace: where, to: service.own ? to : service.name});
    }
  }
  const plainWords = new Set((rsg.metadata.annotations?.[ANNOTATIONS.plainWords] ?? '').split(',').map((word) => word.trim()));
  return {services, pods, configMaps: companions('ConfigMap'), home, plainWords};
}
