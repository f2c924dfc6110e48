import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeClient} from '../../../src/kube/client.ts';
import {createDiscovery} from '../../../src/kube/discovery.ts';
import {KubeError} from '../../../src/kube/errors.ts';
import {FakeClock} from '../../support/fake-clock.ts';

const APPS = {
  resources: [
    {name: 'deployments', singularName: 'deployment', kind: 'Deployment', namespaced: true},
    {name: 'deployments/scale', singularName: '', kind: 'Scale', namespaced: true},
    {name: 'statefulsets', kind: 'StatefulSet', namespaced: true},
  ],
};
const CORE = {resources: [{name: 'nodes', singularName: 'node', kind: 'Node', namespaced: false}]};

function setup() {
  const clock = new FakeClock();
  const served = new Map<string, unknown>([
    ['/apis/apps/v1', APPS],
    ['/api/v1', CORE],
  ]);
  const asked: string[] = [];
  const client: Pick<KubeClient, 'raw'> = {
    raw: (path) => {
      asked.push(path);
      const answer = served.get(path);
      if (answer instanceof Error) return Promise.reject(answer);
      return answer === undefined ? Promise.reject(new KubeError('no', {code: 'NotFound', status: 404})) : Promise.resolve(answer);
    },
  };
  return {clock, served, asked, discovery: createDiscovery({client: client as KubeClient, clock})};
}

describe('discovery', () => {
  const names: readonly [string, string, string | undefined][] = [
    ['apps/v1', 'deployment', 'deployments.apps/v1 Deployment'],
    ['apps/v1', 'Deployments', 'deployments.apps/v1 Deployment'],
    ['apps/v1', 'STATEFULSET', 'statefulsets.apps/v1 StatefulSet'],
    ['v1', 'node', 'nodes./v1 Node'],
    ['apps/v1', 'scale', undefined],
    ['apps/v1', 'cronjob', undefined],
    ['apps/v9', 'deployment', undefined],
  ];
  for (const [version, kind, expected] of names) {
    test(`finds ${expected ?? 'nothing'} for ${kind} in ${version}`, async () => {
      const type = await setup().discovery.resolve(version, kind);
      assert.equal(type && `${type.plural}.${type.group}/${type.version} ${type.kind}`, expected);
    });
  }

  test('asks once a minute', async () => {
    const {clock, asked, discovery} = setup();
    for (let at = 0; at < 10; at += 1) await discovery.resolve('apps/v1', 'deployment');
    await clock.advance(59_000);
    await discovery.resolve('apps/v1', 'deployment');
    assert.equal(asked.length, 1);
    await clock.advance(1_000);
    await discovery.resolve('apps/v1', 'deployment');
    assert.equal(asked.length, 2);
  });

  test('sees a kind that is installed meanwhile within five seconds', async () => {
    const {clock, asked, served, discovery} = setup();
    assert.equal(await discovery.resolve('keda.sh/v1alpha1', 'ScaledObject'), undefined);
    served.set('/apis/keda.sh/v1alpha1', {resources: [{name: 'scaledobjects', kind: 'ScaledObject', namespaced: true}]});
    await clock.advance(4_000);
    assert.equal(await discovery.resolve('keda.sh/v1alpha1', 'ScaledObject'), undefined);
    assert.equal(asked.length, 1);
    await clock.advance(1_000);
    assert.equal((await discovery.resolve('keda.sh/v1alpha1', 'ScaledObject'))?.plural, 'scaledobjects');
  });

  test('does not take an API server that is away for one without the kind', async () => {
    const {served, discovery} = setup();
    served.set('/apis/apps/v1', new KubeError('away', {code: 'ServerError', status: 503}));
    await assert.rejects(discovery.resolve('apps/v1', 'deployment'), /away/u);
    served.set('/apis/apps/v1', APPS);
    assert.equal((await discovery.resolve('apps/v1', 'deployment'))?.kind, 'Deployment');
  });
});
