/** The resource as a user meets it: what the API server takes, and what it says about the rest. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {renderCrd} from '../../src/api/crd.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {RFC_EXAMPLE} from '../support/rfc-example.ts';
import {eventually} from '../support/wait.ts';

const TARGET = {name: 'prefill', kind: 'deployment', version: 'apps/v1'};

interface Draft {
  readonly name?: string;
  readonly group?: object;
  readonly spec?: object;
}

function rsg({name = 'try', group = {}, spec = {}}: Draft): object {
  return {
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name, namespace: 'default'},
    spec: {group: {targetResources: [TARGET], ...group}, ...spec},
  };
}

const GOOD: readonly [string, Draft][] = [
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

const BAD: readonly [string, Draft, RegExp][] = [
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

describe('the resource on a real API server', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  before(async () => {
    cluster = await startControlPlane({kwok: false});
    await cluster.apply(renderCrd());
    await cluster.kubectlOk('wait', '--for=condition=Established', 'crd/resourcescalinggroups.resourcescalinggroup.com', '--timeout=30s');
    await eventually('the kind is served', async () => (await cluster.kubectl('get', 'rsg')).code === 0);
  });
  after(() => cluster.stop());

  test("the RFC's example is taken as it stands, and answers on /scale", async () => {
    await cluster.apply(RFC_EXAMPLE);
    const scale = await cluster.get('/apis/resourcescalinggroup.com/v1/namespaces/default/resourcescalinggroups/rsg/scale');
    assert.equal(scale.status, 200);
    await cluster.kubectlOk('delete', 'rsg', 'rsg');
  });

  for (const [what, draft] of GOOD) {
    test(`taken: ${what}`, async () => {
      const {code, stderr} = await cluster.kubectlWith(JSON.stringify(rsg(draft)), 'create', '--dry-run=server', '-f', '-');
      assert.equal(code, 0, stderr);
    });
  }

  for (const [what, draft, message] of BAD) {
    test(`refused with a message: ${what}`, async () => {
      const {code, stderr} = await cluster.kubectlWith(JSON.stringify(rsg(draft)), 'create', '--dry-run=server', '-f', '-');
      assert.notEqual(code, 0);
      assert.match(stderr, message);
    });
  }

  test('groupID cannot be changed', async () => {
    await cluster.apply(rsg({name: 'fixed', group: {groupID: 'blue'}}));
    const {code, stderr} = await cluster.kubectl('patch', 'rsg', 'fixed', '--type=merge', '-p', '{"spec":{"group":{"groupID":"green"}}}');
    assert.notEqual(code, 0);
    assert.match(stderr, /spec\.group\.groupID.*groupID cannot be changed/u);
  });
});
