/** The columns of nodes. Pure. */
import {asObject} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {listOf, textOf} from '../kinds/fill.ts';
import type {Column} from '../kinds/kind.ts';

const ROLE = 'node-role.kubernetes.io/';

export function nodeColumns(name: Column, age: Column): readonly Column[] {
  const info = (key: string) => (node: KubeObject) => textOf(asObject(asObject(node['status'])['nodeInfo'])[key]);
  const address = (kind: string) => (node: KubeObject) =>
    textOf(listOf(asObject(node['status'])['addresses']).find(({type}) => type === kind)?.['address']) || '<none>';
  const wide = (title: string, cell: Column['cell']): Column => ({name: title, type: 'string', priority: 1, cell});
  const orUnknown = (key: string) => (node: KubeObject) => info(key)(node) || '<unknown>';
  return [
    name,
    {name: 'Status', type: 'string', cell: statusOf},
    {name: 'Roles', type: 'string', cell: rolesOf},
    age,
    {name: 'Version', type: 'string', cell: info('kubeletVersion')},
    wide('Internal-IP', address('InternalIP')),
    wide('External-IP', address('ExternalIP')),
    wide('OS-Image', orUnknown('osImage')),
    wide('Kernel-Version', (node) => {
      const architecture = info('architecture')(node);
      return `${orUnknown('kernelVersion')(node)}${architecture === '' ? '' : ` (${architecture})`}`;
    }),
    wide('Container-Runtime', orUnknown('containerRuntimeVersion')),
  ];
}

function statusOf(node: KubeObject): string {
  const ready = listOf(asObject(node['status'])['conditions']).find(({type}) => type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return asObject(node['spec'])['unschedulable'] === true ? `${text},SchedulingDisabled` : text;
}

function rolesOf(node: KubeObject): string {
  const roles = Object.keys(node.metadata.labels ?? {}).flatMap((key) => (key.startsWith(ROLE) ? [key.slice(ROLE.length)] : []));
  return roles.sort().join(',') || '<none>';
}
