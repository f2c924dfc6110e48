/** Services and ConfigMaps of each group: prefill and decode of a group find each other, as the env and args of every group's pods show. */
import assert from 'node:assert/strict';
import {after, afterEach, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, rsgOf, settledGroups, workload} from '../support/workloads.ts';

const GROUP = 'resourcescalinggroup.com/group';

describe('companions', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  before(async () => {
    cluster = await startControlPlane({podCidr: '10.64.0.0/12', audit: true});
    await installCrd(cluster);
    controller = await startController(cluster);
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
  });
  afterEach(async () => {
    await cluster.kubectl('delete', 'rsg', '--all', '--timeout=60s');
    await cluster.kubectl('delete', 'deployments,statefulsets', '--all', '--cascade=foreground', '--timeout=60s');
    await cluster.kubectl('delete', 'services,configmaps,pvc', '-l', 'test=companions', '--timeout=60s');
  });

  const metadata = (name: string): object => ({name, namespace: 'default', labels: {test: 'companions'}});
  const service = (name: string, spec: object = {}): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name),
    spec: {selector: {app: 'decode'}, ports: [{name: 'http', port: 8000}], ...spec},
  });
  const config = (name: string, data: object): object => ({apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name), data});
  const engine = (more: object): object => ({
    metadata: {labels: {}},
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: 'engine', image: 'engine', ...more}]},
  });
  const labelled = (template: object, app: string): object => ({...template, metadata: {labels: {app}}});

  const COMPANIONS = [
    {kind: 'Service', name: 'decode'},
    {kind: 'Service', name: 'decode-headless'},
    {kind: 'ConfigMap', name: 'routes'},
  ];
  async function serving(rsg: object = {}): Promise<void> {
    await cluster.apply([
      service('decode', {type: 'NodePort'}),
      service('decode-headless', {clusterIP: 'None'}),
      config('routes', {'routes.yaml': 'upstream: http://decode:8000\n'}),
      workload({
        name: 'prefill',
        replicas: 1,
        spec: {
          template: labelled(
            engine({
              env: [{name: 'DECODE_URL', value: 'http://decode:8000'}],
              envFrom: [{configMapRef: {name: 'routes'}}],
              args: ['--first', 'decode-0.decode-headless:9000'],
            }),
            'prefill',
          ),
        },
      }),
      workload({
        name: 'decode',
        kind: 'StatefulSet',
        replicas: 2,
        spec: {
          serviceName: 'decode-headless',
          template: labelled(engine({args: ['--join=decode-0.decode-headless.default.svc:9000']}), 'decode'),
        },
      }),
    ]);
    await cluster.apply(rsgOf('llama', {replicas: 3, companions: COMPANIONS, ...rsg}));
  }
  const containers = async (selector: string): Promise<string[]> => {
    const path =
      'jsonpath={range .items[*]}{.spec.containers[0].env[*].value} {.spec.containers[0].args[*]} {.spec.containers[0].envFrom[*].configMapRef.name} {.spec.subdomain}{"\\n"}{end}';
    const text = await cluster.kubectlOk('get', 'pods', '-l', selector, '-o', path);
    return [
      ...new Set(
        text
          .split('\n')
          .map((line) => line.trim().replaceAll(/\s+/gu, ' '))
          .filter((line) => line !== ''),
      ),
    ];
  };
  const names = async (kind: string): Promise<string[]> =>
    (await items(cluster, kind, '-l', GROUP))
      .filter((one) => one.metadata.deletionTimestamp === undefined)
      .map((one) => one.metadata.name)
      .sort();

  test('every group’s pods are told their own group’s addresses, and its Services select its pods only', async () => {
    await serving();
    await settledGroups(cluster, 'llama', 3);
    for (const id of ['group1', 'group2']) {
      assert.deepEqual(await containers(`app=prefill,${GROUP}=${id}`), [
        `http://decode-${id}:8000 --first decode-${id}-0.decode-headless-${id}:9000 routes-${id}`,
      ]);
      assert.deepEqual(await containers(`app=decode,${GROUP}=${id}`), [
        `--join=decode-${id}-0.decode-headless-${id}.default.svc:9000 decode-headless-${id}`,
      ]);
      const routes = await cluster.kubectlOk('get', 'configmap', `routes-${id}`, '-o', 'jsonpath={.data}');
      assert.deepEqual(JSON.parse(routes), {'routes.yaml': `upstream: http://decode-${id}:8000\n`});
      await eventually('its Service has its own pods', async () => {
        const text = await cluster.kubectlOk(
          'get',
          'endpointslices',
          '-l',
          `kubernetes.io/service-name=decode-${id}`,
          '-o',
          'jsonpath={..targetRef.name}',
        );
        return text.split(' ').sort().join() === `decode-${id}-0,decode-${id}-1`;
      });
    }
    assert.deepEqual(await containers(`app=prefill,!${GROUP}`), ['http://decode:8000 --first decode-0.decode-headless:9000 routes']);
    assert.deepEqual(await names('services'), ['decode-group1', 'decode-group2', 'decode-headless-group1', 'decode-headless-group2']);
  });

  test('they follow their originals, come back when deleted, go with their group, and are not written again and again', async () => {
    await serving();
    await settledGroups(cluster, 'llama', 3);
    await cluster.apply(config('routes', {'routes.yaml': 'upstream: http://decode:9000\n'}));
    await eventually('the change arrives', async () =>
      (await cluster.kubectlOk('get', 'configmap', 'routes-group2', '-o', 'jsonpath={.data}')).includes('decode-group2:9000'),
    );
    await cluster.kubectlOk('delete', 'service', 'decode-group1');
    await eventually('it is there again', async () => (await names('services')).includes('decode-group1'));
    await settledGroups(cluster, 'llama', 3);
    const writes = async (): Promise<number> =>
      (await cluster.auditWrites()).filter(
        ({userAgent, resource}) => userAgent === 'rsg-controller' && ['services', 'configmaps'].includes(resource),
      ).length;
    const before = await writes();
    await never('another write', async () => (await writes()) > before, 3000);

    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=2');
    await settledGroups(cluster, 'llama', 2);
    await eventually('gone with its group', async () => (await names('services,configmaps')).every((name) => name.endsWith('-group1')));
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--timeout=60s');
    await eventually('gone with the RSG', async () => (await names('services,configmaps')).length === 0);
    assert.equal(
      (await cluster.kubectl('get', 'service/decode', 'service/decode-headless', 'configmap/routes')).code,
      0,
      'an original went',
    );
  });

  test('a missing original and an ambiguous word stop creation, by name, until they are settled', async () => {
    await serving({companions: [...COMPANIONS, {kind: 'ConfigMap', name: 'extra'}]});
    await eventually('missing', async () => conditionOf(await getRsg(cluster, 'llama'), 'TargetsBound') === 'False CompanionNotFound');
    await cluster.apply(config('extra', {next: 'decode'}));
    const ambiguous = await eventually('ambiguous', async () => {
      const {status} = await getRsg(cluster, 'llama');
      return status.conditions?.find(({reason}) => reason === 'AmbiguousReference');
    });
    assert.match(ambiguous.message, /ConfigMap\/extra: decode in data\[next\] \("decode"\)/u);
    assert.deepEqual(await names('services,configmaps,deployments'), []);
    await cluster.kubectlOk('annotate', 'rsg', 'llama', 'resourcescalinggroup.com/plain-words=decode');
    await settledGroups(cluster, 'llama', 3);
  });

  for (const keepVolumes of [false, true]) {
    test(`volumes of a removed group ${keepVolumes ? 'stay with keepVolumes' : 'go with it'}; the originals' stay`, async () => {
      const claims = {
        volumeClaimTemplates: [
          {
            metadata: {name: 'cache', labels: {test: 'companions'}},
            spec: {accessModes: ['ReadWriteOnce'], resources: {requests: {storage: '1Gi'}}},
          },
        ],
      };
      await cluster.apply([
        workload({name: 'prefill', replicas: 1}),
        workload({name: 'decode', kind: 'StatefulSet', replicas: 2, spec: claims}),
      ]);
      await cluster.apply(rsgOf('llama', {replicas: 2, scaleIn: {keepVolumes}}));
      const volumes = async (): Promise<string[]> =>
        (await items(cluster, 'pvc'))
          .filter((one) => one.metadata.deletionTimestamp === undefined)
          .map((one) => one.metadata.name)
          .sort();
      const own = ['cache-decode-0', 'cache-decode-1'];
      const cloned = ['cache-decode-group1-0', 'cache-decode-group1-1'];
      await eventually('volumes are claimed', async () => (await volumes()).join() === [...own, ...cloned].join());
      await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=1');
      await eventually('the group is gone', async () => (await items(cluster, 'statefulsets')).length === 1);
      const left = keepVolumes ? [...own, ...cloned] : own;
      await eventually('as ordered', async () => (await volumes()).join() === left.join());
    });
  }
});
