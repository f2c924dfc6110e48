import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {asObject} from '../../../src/api/json.ts';
import type {KubeObject} from '../../../src/api/objects.ts';
import {makeClone} from '../../../src/controller/clone.ts';
import {companionDrift, companionFor, companionProblem, type CompanionSpec} from '../../../src/controller/companion.ts';
import {LEADER_WORKER_SET, leaderWorkerSet, STATEFUL_SET} from '../../support/kinds.ts';
import {DEPLOYMENT, ModelCluster} from '../../support/model-cluster.ts';

const companions: CompanionSpec[] = [
  {kind: 'Service', name: 'decode'},
  {kind: 'Service', name: 'decode-headless'},
  {kind: 'ConfigMap', name: 'routes'},
];
const {rsg} = new ModelCluster({ratio: [1], spec: {companions}});

const decode: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: {name: 'decode', namespace: 'default'},
  spec: {
    replicas: 2,
    serviceName: 'decode-headless',
    template: {
      spec: {
        subdomain: 'decode-headless',
        containers: [{name: 'engine', image: 'decode:8000', args: ['--peer', 'decode-0.decode-headless:9000', '--role', 'decode']}],
      },
    },
  },
};
const prefill: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name: 'prefill', namespace: 'default'},
  spec: {
    replicas: 1,
    template: {
      metadata: {labels: {app: 'prefill'}},
      spec: {
        containers: [
          {
            name: 'engine',
            image: 'engine',
            env: [
              {name: 'DECODE_URL', value: 'http://decode:8000/v1'},
              {name: 'FIRST', value: '$(POD).x,decode-0.decode-headless:9000'},
              {name: 'ROUTES', valueFrom: {configMapKeyRef: {name: 'routes', key: 'all'}}},
              {name: 'TOKEN', valueFrom: {secretKeyRef: {name: 'routes', key: 'token'}}},
            ],
            envFrom: [{configMapRef: {name: 'routes'}}, {configMapRef: {name: 'shared'}}],
            readinessProbe: {httpGet: {host: 'decode', port: 80}},
          },
        ],
        volumes: [
          {name: 'a', configMap: {name: 'routes'}},
          {name: 'b', projected: {sources: [{configMap: {name: 'routes'}}, {secret: {name: 'routes'}}]}},
        ],
      },
    },
  },
};
const members = [
  {type: STATEFUL_SET, object: decode},
  {type: DEPLOYMENT, object: prefill},
];
const form = (spec: CompanionSpec, content: object, group = 'group1'): ReturnType<typeof companionFor> =>
  companionFor(
    rsg,
    {spec, original: {apiVersion: 'v1', kind: spec.kind, metadata: {name: spec.name, namespace: 'default'}, ...content}, members},
    group,
  );

describe('the clone of a Service', () => {
  const original = {
    spec: {
      type: 'NodePort',
      clusterIP: '10.0.0.7',
      clusterIPs: ['10.0.0.7'],
      healthCheckNodePort: 31000,
      externalIPs: ['1.2.3.4'],
      ipFamilies: ['IPv4'],
      selector: {app: 'decode'},
      ports: [{name: 'http', port: 8000, nodePort: 30080}],
    },
    status: {loadBalancer: {ingress: [{ip: '5.6.7.8'}]}},
  };
  const {object} = form({kind: 'Service', name: 'decode'}, original);

  test('selects its own group’s pods, of those that the original selects', () => {
    assert.deepEqual(asObject(object['spec'])['selector'], {
      app: 'decode',
      'resourcescalinggroup.com/name': 'rsg',
      'resourcescalinggroup.com/group': 'group1',
      'resourcescalinggroup.com/rsg-uid': 'rsg-uid',
    });
  });

  test('has nothing that was assigned to the original', () => {
    assert.deepEqual(
      {...asObject(object['spec']), selector: undefined},
      {type: 'NodePort', ipFamilies: ['IPv4'], ports: [{name: 'http', port: 8000}], selector: undefined},
    );
    assert.equal(object['status'], undefined);
    assert.equal(object.metadata.name, 'decode-group1');
    assert.equal(object.metadata.ownerReferences?.[0]?.uid, 'rsg-uid');
  });

  test('is headless where the original is', () => {
    const headless = form({kind: 'Service', name: 'decode-headless'}, {spec: {clusterIP: 'None', selector: {app: 'decode'}}});
    assert.equal(asObject(headless.object['spec'])['clusterIP'], 'None');
  });

  test('selects by the clone’s name where the kind’s controller labels pods with it, and by its pods’ names', () => {
    const lws = [{type: LEADER_WORKER_SET, object: leaderWorkerSet('decode', 1)}];
    const selector = {'leaderworkerset.sigs.k8s.io/name': 'decode', 'leaderworkerset.sigs.k8s.io/worker-index': '0'};
    const given = {
      spec: companions[0] ?? {kind: 'Service', name: ''},
      original: {...decode, kind: 'Service', spec: {selector}},
      members: lws,
    } as const;
    const {'leaderworkerset.sigs.k8s.io/name': name, 'leaderworkerset.sigs.k8s.io/worker-index': index} = asObject(
      asObject(companionFor(rsg, given, 'group1').object['spec'])['selector'],
    );
    assert.deepEqual([name, index], ['decode-group1', '0']);
    const byPod = form({kind: 'Service', name: 'decode'}, {spec: {selector: {'statefulset.kubernetes.io/pod-name': 'decode-0'}}});
    assert.equal(asObject(asObject(byPod.object['spec'])['selector'])['statefulset.kubernetes.io/pod-name'], 'decode-group1-0');
  });

  test('is in sync whatever the API server assigned to it, and not after a change', () => {
    const stored = {
      ...object,
      spec: {
        ...asObject(object['spec']),
        clusterIP: '10.0.0.9',
        clusterIPs: ['10.0.0.9'],
        ports: [{name: 'http', port: 8000, nodePort: 30999}],
      },
    };
    assert.equal(companionDrift(stored, object), false);
    assert.equal(companionDrift({...stored, spec: {...stored.spec, selector: {app: 'decode'}}}, object), true);
    assert.equal(companionDrift({...stored, metadata: {...stored.metadata, labels: {}}}, object), true);
  });

  test('has the same hash in every group', () => {
    const hash = (group: string): unknown =>
      form({kind: 'Service', name: 'decode'}, original, group).object.metadata.annotations?.['resourcescalinggroup.com/source-hash'];
    assert.equal(hash('group1'), hash('group2'));
  });

  test('cannot be made of a Service without a selector', () => {
    assert.match(companionProblem({...decode, kind: 'Service', spec: {}}) ?? '', /no endpoints/u);
    assert.equal(companionProblem({...decode, kind: 'Service', spec: {type: 'ExternalName', externalName: 'x'}}), undefined);
  });
});

describe('the clone of a ConfigMap', () => {
  test('names its own group’s hosts, and nothing else differs', () => {
    const data = {'routes.yaml': 'decode: http://decode:8000\nhost: decode\n# decode is fast\n', peers: 'decode-0.decode-headless:1'};
    const {object, ambiguous} = form({kind: 'ConfigMap', name: 'routes'}, {data, binaryData: {x: 'AA=='}, immutable: true});
    assert.deepEqual(ambiguous, []);
    assert.deepEqual(object['data'], {
      'routes.yaml': 'decode: http://decode-group1:8000\nhost: decode-group1\n# decode is fast\n',
      peers: 'decode-group1-0.decode-headless-group1:1',
    });
    assert.deepEqual([object['binaryData'], object['immutable']], [{x: 'AA=='}, true]);
  });

  test('tells what is not clear', () => {
    const {ambiguous} = form({kind: 'ConfigMap', name: 'routes'}, {data: {next: 'decode'}});
    assert.deepEqual(ambiguous, [{field: 'data[next]', text: 'decode', name: 'decode'}]);
  });
});

describe('a member’s clone', () => {
  const clone = (at: 0 | 1): unknown => {
    const member = members[at];
    return makeClone(
      rsg,
      {role: 'x', siblings: members, ...(member ?? {type: DEPLOYMENT, object: prefill})},
      {group: 'group1', replicas: 1, hash: 'h'},
    )['spec'];
  };

  test('of a StatefulSet has its group’s Service and knows its own pods', () => {
    const spec = asObject(clone(0));
    assert.equal(spec['serviceName'], 'decode-headless-group1');
    const template = JSON.stringify(spec['template']);
    assert.match(template, /"subdomain":"decode-headless-group1"/u);
    assert.match(template, /"--peer","decode-group1-0.decode-headless-group1:9000","--role","decode"/u);
    assert.match(template, /"image":"decode:8000"/u);
  });

  test('names its group’s ConfigMaps in every field that names one, and leaves Secrets alone', () => {
    const template = JSON.stringify(asObject(clone(1))['template']);
    assert.equal(template.split('"routes-group1"').length - 1, 4);
    assert.match(template, /"secretKeyRef":\{"name":"routes"/u);
    assert.match(template, /"secret":\{"name":"routes"\}/u);
    assert.match(template, /"configMapRef":\{"name":"shared"\}/u);
    assert.match(template, /http:\/\/decode-group1:8000\/v1/u);
    assert.match(template, /decode-group1-0.decode-headless-group1:9000/u);
    assert.match(template, /"host":"decode-group1"/u);
  });

  test('without companions still knows its own pods by name', () => {
    const {rsg: plain} = new ModelCluster({ratio: [1]});
    const made = makeClone(
      plain,
      {role: 'x', siblings: members, type: STATEFUL_SET, object: decode},
      {group: 'group1', replicas: 1, hash: 'h'},
    );
    assert.match(JSON.stringify(made['spec']), /decode-group1-0.decode-headless:9000/u);
    assert.equal(asObject(made['spec'])['serviceName'], 'decode-headless');
  });
});
