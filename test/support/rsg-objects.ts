/** ResourceScalingGroups that the API server takes, and such that it refuses, with what it says. */
const TARGET = {name: 'prefill', kind: 'deployment', version: 'apps/v1'};

export interface Draft {
  readonly name?: string;
  readonly group?: object;
  readonly spec?: object;
}

export function draftRsg({name = 'try', group = {}, spec = {}}: Draft): object {
  return {
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name, namespace: 'default'},
    spec: {group: {targetResources: [TARGET], ...group}, ...spec},
  };
}

export const GOOD: readonly [string, Draft][] = [
  ['the least that is needed', {}],
  ['a kind in any case, singular or plural', {group: {targetResources: [{...TARGET, kind: 'StatefulSets'}]}}],
  ['the same name for two kinds', {group: {targetResources: [TARGET, {...TARGET, kind: 'statefulset'}]}}],
  ['the same name in two namespaces', {group: {targetResources: [TARGET, {...TARGET, namespace: 'other'}]}}],
  ['a name of 63 characters', {name: 'n'.repeat(63)}],
  ['replicas 0', {spec: {replicas: 0}}],
  ['sixteen targets', {group: {targetResources: Array.from({length: 16}, (_, at) => ({...TARGET, name: `t${String(at)}`}))}}],
  ['metrics with a custom engine', {spec: {metrics: {engine: 'custom', names: {queue: 'my_queue'}, port: 8000}}}],
  ['demand by a service', {spec: {metrics: {engine: 'vllm', demand: {service: 'router', preset: 'dynamo'}}}}],
];

/** The last is what the Status says of the field: its path and its message. */
export const BAD: readonly [string, Draft, RegExp][] = [
  ['no target', {group: {targetResources: []}}, /spec\.group\.targetResources.*at least 1/u],
  [
    'a target without a name',
    {group: {targetResources: [{kind: 'deployment', version: 'apps/v1'}]}},
    /targetResources\[0\]\.name.*Required/u,
  ],
  [
    'the same target twice',
    {group: {targetResources: [TARGET, TARGET]}},
    /spec\.group\.targetResources: .*targetResources names the same workload twice: remove one of the entries/u,
  ],
  [
    'seventeen targets',
    {group: {targetResources: Array.from({length: 17}, (_, at) => ({...TARGET, name: `t${String(at)}`}))}},
    /at most 16/u,
  ],
  ['replicas below 0', {spec: {replicas: -1}}, /spec\.replicas.*greater than or equal to 0/u],
  ['replicas as a text', {spec: {replicas: 'two'}}, /spec\.replicas.*must be of type integer/u],
  ['a group ID that is no DNS label', {group: {groupID: 'Group_0'}}, /groupID must be lower case letters, digits and '-'/u],
  ['a group ID that is too long', {group: {groupID: 'g'.repeat(31)}}, /groupID.*may not be more than 30/u],
  ['a name over 63 characters', {name: 'n'.repeat(64)}, /metadata\.name must be at most 63 characters: it becomes a label value/u],
  [
    'a version that is none',
    {group: {targetResources: [{...TARGET, version: 'apps'}]}},
    /version must be the API version of the kind, such as apps\/v1/u,
  ],
  ['an order that does not exist', {spec: {scaleIn: {whenListEnds: 'Random'}}}, /whenListEnds.*Unsupported value: "Random"/u],
  [
    'an entry of the list that is no ID',
    {spec: {scalingGroupTask: {sortedGroupList: ['Group 1']}}},
    /an entry of sortedGroupList must be lower case/u,
  ],
  ['a custom engine without names', {spec: {metrics: {engine: 'custom'}}}, /names is required with engine custom/u],
  ['demand from nowhere', {spec: {metrics: {demand: {preset: 'dynamo'}}}}, /demand needs exactly one of service and podSelector/u],
  ['a pointer without a slash', {spec: {sync: {ignore: ['spec/replicas']}}}, /an entry of sync\.ignore must start with '\/'/u],
  ['a field that does not exist', {spec: {replica: 2}}, /unknown field "spec\.replica"/u],
];
