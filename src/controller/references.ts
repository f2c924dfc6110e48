/**
 * What members and companions of a group say about each other, and how it reads in a clone: names of ConfigMaps and Services where a
 * field holds nothing else, host names in the strings that programs are given (environment, commands, arguments, ConfigMap data). Pure.
 */
import {asObject} from '../api/json.ts';
import type {KubeObject} from '../api/objects.ts';
import {changePath, readPath, valueAt} from '../api/path.ts';
import {kindOf, type Workload} from '../api/workload.ts';
import {rewriteText, type HostName, type HostNames} from './host-names.ts';

/** The names of one group, as seen from one namespace. */
export interface GroupNames extends HostNames {
  readonly configMaps: readonly HostName[];
}

/** A string that may or may not name a host, and where it is. */
export interface Ambiguity {
  readonly field: string;
  readonly text: string;
  readonly name: string;
}

interface Walk {
  readonly names: GroupNames;
  readonly found: Ambiguity[];
}

/** The form of a clone with its group's names in the pod templates and in the name of its headless Service. */
export function rewriteMember(
  form: KubeObject,
  workload: Workload,
  names: GroupNames,
): {object: KubeObject; ambiguous: readonly Ambiguity[]} {
  const walk: Walk = {names, found: []};
  const {templates, serviceName} = kindOf(workload);
  let object = form;
  for (const {path} of templates) {
    object = changePath(object, path, ({value}) => (value === undefined ? undefined : walkNode(value, path, walk)));
  }
  if (serviceName !== undefined && typeof valueAt(object, serviceName) === 'string') {
    object = changePath(object, serviceName, ({value}) => renamed(names.services, value, names));
  }
  return {object, ambiguous: walk.found};
}

/** Data of a ConfigMap with its group's names. */
export function rewriteData(data: unknown, names: GroupNames): {data: Readonly<Record<string, unknown>>; ambiguous: readonly Ambiguity[]} {
  const walk: Walk = {names, found: []};
  const result = Object.entries(asObject(data)).map(([key, value]): [string, unknown] => [
    key,
    text(value, {key, path: `data[${key}]`}, walk),
  ]);
  return {data: Object.fromEntries(result), ambiguous: walk.found};
}

function renamed(list: readonly HostName[], value: unknown, {home}: GroupNames): unknown {
  return list.find((one) => one.name === value && one.namespace === home)?.to ?? value;
}

/** Fields that hold an object with the name of a ConfigMap. */
const CONFIG_MAP = new Set(['configMapRef', 'configMapKeyRef', 'configMap']);

function walkNode(node: unknown, path: string, walk: Walk): unknown {
  if (Array.isArray(node)) return node.map((item: unknown, at) => walkNode(item, `${path}[${nameOf(item) ?? String(at)}]`, walk));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(asObject(node)).map(([key, value]) => [key, walkField({key, value}, `${path}.${key}`, walk)]));
}

function walkField({key, value}: {key: string; value: unknown}, path: string, walk: Walk): unknown {
  if (CONFIG_MAP.has(key)) {
    const fields = asObject(value);
    return {...fields, name: renamed(walk.names.configMaps, fields['name'], walk.names)};
  }
  if (key === 'env' && Array.isArray(value)) return value.map((item: unknown) => variable(item, path, walk));
  if ((key === 'args' || key === 'command') && Array.isArray(value)) return value.map((_, at) => argument(value, at, {path, walk}));
  if (key === 'subdomain') return renamed(walk.names.services, value, walk.names);
  if (key === 'host' && path.includes('.httpGet.')) return text(value, {key, path}, walk);
  return walkNode(value, path, walk);
}

function variable(item: unknown, path: string, walk: Walk): unknown {
  const {name, value} = asObject(item);
  const place = `${path}[${String(name)}]`;
  const rest = walkNode(item, place, walk);
  return typeof value === 'string' ? {...asObject(rest), value: text(value, {key: String(name), path: `${place}.value`}, walk)} : rest;
}

/** An argument without a flag of its own is the value of the flag before it. */
function argument(list: readonly unknown[], at: number, {path, walk}: {path: string; walk: Walk}): unknown {
  const flag = list[at - 1];
  const key = typeof flag === 'string' && /^--?[A-Za-z][\w.-]*$/u.test(flag) ? flag : undefined;
  return text(list[at], {key, path: `${path}[${String(at)}]`}, walk);
}

function text(value: unknown, {key, path}: {key: string | undefined; path: string}, {names, found}: Walk): unknown {
  if (typeof value !== 'string') return value;
  const result = rewriteText(value, key, names);
  found.push(...result.ambiguous.map((name) => ({field: path, text: value, name})));
  return result.text;
}

function nameOf(item: unknown): string | undefined {
  const {name} = asObject(item);
  return typeof name === 'string' ? name : undefined;
}

/** A Service's selector for one group: labels that a kind's controllers fill with the workload's name hold the clone's. */
export function rewriteSelector(
  selector: Readonly<Record<string, string>>,
  members: readonly Workload[],
  names: GroupNames,
): Record<string, string> {
  const labels = new Set(members.flatMap((member) => kindOf(member).nameLabels));
  return Object.fromEntries(
    Object.entries(selector).map(([key, value]) => {
      const own = names.pods.find(({name}) => (labels.has(key) && name === value) || (key === POD_NAME && value.startsWith(`${name}-`)));
      return [key, own === undefined ? value : own.to + value.slice(own.name.length)];
    }),
  );
}

const POD_NAME = 'statefulset.kubernetes.io/pod-name';

/** Names of the Services by which a member's pods have names: declared in its spec, or made by its controller under its own name. */
export function governingServices(member: Workload): readonly {readonly name: string; readonly own: boolean}[] {
  const {serviceName, ownService} = kindOf(member);
  const declared = serviceName === undefined ? [] : readPath(member.object, serviceName).map(({value}) => value);
  const own = ownService ? [{name: member.object.metadata.name, own: true}] : [];
  return [...own, ...declared.flatMap((name) => (typeof name === 'string' && name !== '' ? [{name, own: false}] : []))];
}
