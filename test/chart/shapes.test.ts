/** The chart in its other shapes on a real control plane, changed from one into the next under RSGs that go on serving. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {connect} from 'node:tls';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {certManagerCrds, stubCrd} from '../support/crd-stubs.ts';
import {CHART} from '../support/helm.ts';
import {playedIssuer} from '../support/played-issuer.ts';
import {end, ProcessGroup} from '../support/processes.ts';
import {NAMESPACE, releaseIn, type Release} from '../support/release.ts';
import {usedBy} from '../support/service-account.ts';
import {eventually, never} from '../support/wait.ts';
import {conditionOf, getRsg, items, replicas, rsgOf, settledGroups, workload} from '../support/workloads.ts';

describe('the chart in its other shapes', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let release: Release;
  const processes = new ProcessGroup();
  before(async () => {
    cluster = await startControlPlane({audit: true});
    release = await releaseIn(cluster, processes);
    await cluster.apply([...certManagerCrds(), stubCrd('monitoring.coreos.com', 'v1', 'ServiceMonitor')]);
    for (const name of ['ml', 'weights', 'elsewhere']) await cluster.kubectlOk('create', 'namespace', name);
  });
  after(async () => {
    await processes.stop();
    await cluster.stop();
  });

  const names = async (kind: string): Promise<string[]> => {
    const {stdout} = await cluster.kubectl(
      'get',
      kind,
      '-n',
      NAMESPACE,
      '-l',
      'app.kubernetes.io/name=resource-scaling-group',
      '-o',
      'name',
    );
    return stdout.split('\n').flatMap((line) => line.split('/')[1] ?? []);
  };
  const pods = async (namespace: string): Promise<string[]> =>
    (await items(cluster, 'pods', '-n', namespace)).map(({metadata}) => metadata.uid).sort();
  const serves = (account: string): Promise<void> => nothingForbidden(cluster, account);
  const target = (namespace: string): object => ({
    name: 'prefill',
    kind: 'deployment',
    version: 'apps/v1',
    ...(namespace === '' ? {} : {namespace}),
  });
  const rsgIn = (namespace: string, targetNamespace = ''): object => {
    const rsg = rsgOf('llama', {replicas: 2, scaleIn: {drain: {timeoutSeconds: 0}}, group: {targetResources: [target(targetNamespace)]}});
    return {...rsg, metadata: {name: 'llama', namespace}};
  };

  test('one Deployment for both roles, then one for each, then one again: no group notices', async () => {
    await release.ok('install', 'rsg', CHART, '--set', 'mode=all');
    assert.deepEqual([await names('deployments'), await names('services')], [['rsg-controller'], ['rsg-metrics-adapter']]);
    const both = await release.start('rsg-controller');
    await cluster.apply([workload({name: 'prefill', replicas: 2}), rsgIn('default')]);
    await settledGroups(cluster, 'llama', 2);
    const before = await pods('default');
    await release.ok('upgrade', 'rsg', CHART, '--set', 'mode=split');
    await end(both, 10_000);
    await serves('rsg-controller');
    assert.deepEqual(await names('deployments'), ['rsg-controller', 'rsg-metrics-adapter']);
    const adapter = await release.start('rsg-metrics-adapter');
    const controller = await release.start('rsg-controller', {ports: {'--metrics-adapter-url': adapter.ports['--http-address'] ?? 0}});
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=3');
    await settledGroups(cluster, 'llama', 3);
    await Promise.all([end(controller, 10_000), end(adapter, 10_000)]);
    await Promise.all([serves('rsg-controller'), serves('rsg-metrics-adapter')]);
    await release.ok('upgrade', 'rsg', CHART, '--set', 'mode=all');
    assert.deepEqual([await names('deployments'), await names('serviceaccounts')], [['rsg-controller'], ['rsg-controller', 'rsg-release']]);
    const after = await pods('default');
    assert.ok(
      before.every((uid) => after.includes(uid)),
      'a pod was replaced',
    );
  });

  test('certificates by cert-manager, a NetworkPolicy and a ServiceMonitor: taken by the API server, and gone when switched off', async () => {
    const extras = ['certificates.source=cert-manager', 'networkPolicy.enabled=true', 'serviceMonitor.enabled=true'];
    const kinds = 'issuers.cert-manager.io,certificates.cert-manager.io,networkpolicies,servicemonitors.monitoring.coreos.com';
    await release.ok('upgrade', 'rsg', CHART, ...extras.flatMap((extra) => ['--set', extra]));
    const ours = ['rsg-controller', 'rsg-metrics-adapter'];
    assert.deepEqual(await names(kinds), ['rsg-metrics-adapter', 'rsg-metrics-adapter', ...ours, ...ours]);
    await servesWhatIsIssued();
    await release.ok('upgrade', 'rsg', CHART, '--reset-values');
    assert.deepEqual(await names(kinds), []);
  });

  /** From the files that its arguments name, a later certificate of another CA as well. */
  async function servesWhatIsIssued(): Promise<void> {
    const issuer = playedIssuer(cluster, NAMESPACE, 'rsg-metrics-adapter');
    const first = await issuer.issue();
    const adapter = await release.start('rsg-metrics-adapter', {mounts: {'/tls': issuer.folder}});
    const shown = (): Promise<string> => fingerprintAt(adapter.ports['--secure-address'] ?? 0);
    assert.equal(await shown(), first);
    const undo = await release.reach(adapter);
    const second = await issuer.issue();
    await eventually('the new certificate is shown', async () => (await shown()) === second);
    const trusted = async (): Promise<boolean> => (await cluster.get('/apis/external.metrics.k8s.io/v1beta1')).status === 200;
    await eventually('kube-apiserver trusts it', trusted);
    await undo();
    await end(adapter, 10_000);
    await serves('rsg-metrics-adapter');
  }

  test('limited to namespaces: Roles there, RSGs elsewhere are left alone', async () => {
    const limits = ['--set', 'watchNamespace=ml', '--set', 'crossNamespaces={weights}'];
    await release.ok('upgrade', 'rsg', CHART, ...limits);
    const adapter = await release.start('rsg-metrics-adapter');
    const controller = await release.start('rsg-controller', {ports: {'--metrics-adapter-url': adapter.ports['--http-address'] ?? 0}});
    for (const namespace of ['weights', 'elsewhere']) await cluster.apply(workload({name: 'prefill', replicas: 2, namespace}));
    await cluster.apply([rsgIn('elsewhere'), rsgIn('ml', 'weights')]);
    await settledGroups(cluster, 'llama', 2, 'ml');
    assert.deepEqual(await replicas(cluster, '-n', 'weights'), {prefill: 2, 'prefill-group1': 2});
    await cluster.apply({...rsgOf('stray', {group: {targetResources: [target('elsewhere')]}}), metadata: {name: 'stray', namespace: 'ml'}});
    const refused = async (): Promise<boolean> =>
      conditionOf(await getRsg(cluster, 'stray', 'ml'), 'TargetsBound') === 'False NamespaceNotAllowed';
    await eventually('a target that is out of bounds is refused', refused);
    const clone = async (): Promise<boolean> => (await cluster.kubectl('get', 'deployment/prefill-group1', '-n', 'elsewhere')).code === 0;
    await never('an RSG of another namespace is scaled', clone, 2000);
    await Promise.all([end(controller, 10_000), end(adapter, 10_000)]);
    await Promise.all([serves('rsg-controller'), serves('rsg-metrics-adapter')]);
  });

  test('uninstalled while namespaces hold RSGs: everything serves, and the namespaces can be deleted', async () => {
    const before = [await pods('ml'), await pods('weights')];
    const [told] = await Promise.all([release.playReleaseJob(), release.ok('uninstall', 'rsg', '--timeout', '90s')]);
    assert.equal(told, 'ml/llama: released\nml/stray: released\n', 'one that names what nobody may read does not stop it');
    assert.deepEqual([await pods('ml'), await pods('weights')], before);
    assert.deepEqual(
      [await names('deployments,services,roles,rolebindings'), (await getRsg(cluster, 'llama', 'ml')).spec.replicas],
      [[], 2],
    );
    await cluster.kubectlOk('delete', 'namespace', 'ml', 'weights', '--timeout=60s');
    await eventually('the CRD stays', async () => (await cluster.kubectl('get', 'rsg', '-A')).code === 0);
  });
});

/** SHA-256 of the certificate that a server on this machine shows. */
async function fingerprintAt(port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({host: '127.0.0.1', port, rejectUnauthorized: false}, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

async function nothingForbidden(cluster: ControlPlane, account: string): Promise<void> {
  assert.deepEqual(usedBy(await cluster.requests(), `:${NAMESPACE}:${account}`).forbidden, [], `${account} lacks`);
}
