/**
 * The chart on a real control plane: installed, upgraded and uninstalled by the real helm. Its pods are played, not run; the program runs
 * beside them with the arguments and under the ServiceAccount that each of them has.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {after, before, describe, test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {stubCrd} from '../support/crd-stubs.ts';
import {CHART} from '../support/helm.ts';
import {ProcessGroup, end} from '../support/processes.ts';
import {NAMESPACE, releaseIn, type Release} from '../support/release.ts';
import {eventually} from '../support/wait.ts';
import {conditionOf, getRsg, items, pair, rsgOf, settledGroups, workload} from '../support/workloads.ts';

const EXTERNAL = 'v1beta1.external.metrics.k8s.io';
const apiServiceSchema = z.object({spec: z.object({caBundle: z.string().optional(), service: z.object({name: z.string()}).optional()})});
/** How long the same event is not written again. */
const REPEAT_MS = 60_000;

describe('the chart on a cluster', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let release: Release;
  const processes = new ProcessGroup();
  before(async () => {
    cluster = await startControlPlane({audit: true});
    await cluster.apply([stubCrd('keda.sh', 'v1alpha1', 'ScaledObject'), stubCrd('leaderworkerset.x-k8s.io', 'v1', 'LeaderWorkerSet')]);
    release = await releaseIn(cluster, processes);
  });
  after(async () => {
    await processes.stop();
    await cluster.stop();
  });
  const apiService = async (): Promise<z.output<typeof apiServiceSchema>['spec']> =>
    apiServiceSchema.parse(JSON.parse(await cluster.kubectlOk('get', 'apiservice', EXTERNAL, '-o', 'json'))).spec;

  test('22: an API that somebody else serves: true fails and says who, auto leaves it alone', async () => {
    const foreign = {group: 'external.metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100};
    const service = {name: 'keda-operator-metrics-apiserver', namespace: 'default', port: 443};
    await cluster.apply({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: {name: EXTERNAL},
      spec: {...foreign, service, insecureSkipTLSVerify: true},
    });
    const {stderr, code} = await release.helm('install', 'rsg', CHART, '--set', 'apiService.external=true');
    assert.notEqual(code, 0);
    assert.match(stderr, /v1beta1\.external\.metrics\.k8s\.io belongs to somebody else \(Service keda-operator-metrics-apiserver\)/u);
    assert.match(
      await release.ok('install', 'rsg', CHART),
      /served by somebody else \(keda-operator-metrics-apiserver\) and was left alone/u,
    );
    assert.equal((await apiService()).service?.name, 'keda-operator-metrics-apiserver');
    await cluster.kubectlOk('delete', 'apiservice', EXTERNAL);
    await release.ok('upgrade', 'rsg', CHART);
    assert.equal((await apiService()).service?.name, 'rsg-metrics-adapter');
  });

  test('its pods are taken where only restricted ones are', async () => {
    for (const name of ['rsg-controller', 'rsg-metrics-adapter'])
      await cluster.kubectlOk('wait', '--for=condition=Available', `deployment/${name}`, '-n', NAMESPACE, '--timeout=60s');
  });

  test('the program does its work under exactly these ServiceAccounts, and needs every right they have', async () => {
    const adapter = await release.start('rsg-metrics-adapter');
    const controller = await release.start('rsg-controller', {ports: {'--metrics-adapter-url': adapter.ports['--http-address'] ?? 0}});
    await eventually('the CA is in the APIService', async () => (await apiService()).caBundle !== undefined);
    await cluster.apply(pair([1, 1]));
    await cluster.apply(leaderWorkerSet('spare'));
    await cluster.apply([
      {apiVersion: 'v1', kind: 'Service', metadata: {name: 'peers'}, spec: {selector: {app: 'spare'}, ports: [{port: 80}]}},
      {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'settings'}, data: {mode: 'a'}},
    ]);
    const lws = {name: 'spare', kind: 'leaderworkerset', version: 'leaderworkerset.x-k8s.io/v1'};
    await cluster.apply(
      rsgOf('lws', {
        restoreTimeoutSeconds: 0,
        sync: {rollout: 'Parallel'},
        scaleIn: {drain: {timeoutSeconds: 0}},
        group: {targetResources: [lws]},
        metrics: {engine: 'vllm', demand: {service: 'router'}},
        companions: [
          {name: 'peers', kind: 'Service'},
          {name: 'settings', kind: 'ConfigMap'},
        ],
      }),
    );
    await cluster.apply(rsgOf('llama', {replicas: 3, scaleIn: {drain: {timeoutSeconds: 0}}, metrics: {engine: 'vllm'}}));
    await settledGroups(cluster, 'llama', 3);
    const conflictAt = await conflict();
    await mendsItsCertificate();
    await exercise('llama', ['deployment/prefill', 'statefulset/decode']);
    await exercise('lws', ['leaderworkerset/spare']);
    await changeCompanions('lws');
    await cluster.kubectlOk('delete', 'rsg', 'lws', '--timeout=60s');
    await parkedFor('kept', lws);
    await comesAndGoes('brief');
    // Somebody asks the aggregated API directly, with a token.
    const token = (await cluster.kubectlOk('create', 'token', 'default')).trim();
    await askWith(token, adapter.ports['--secure-address'] ?? 0);
    await settledGroups(cluster, 'llama', 2);
    await sleep(Math.max(0, conflictAt + REPEAT_MS + 1000 - Date.now()));
    await conflict();
    await eventually(
      'the event is counted up',
      async () => (await cluster.kubectlOk('get', 'events', '-o', 'jsonpath={.items[?(@.reason=="MemberHasAutoscaler")].count}')) === '2',
    );
    await end(controller, 10_000);
    await end(adapter, 10_000);
    await release.rights('rsg-controller', (name) => name.startsWith('rsg-controller'));
    const own = (name: string): boolean => name.startsWith('rsg-metrics-adapter') && !name.endsWith('-reader');
    await release.rights('rsg-metrics-adapter', own);
  });

  /** An HPA on a member comes and goes; answers when, in milliseconds since the epoch. */
  async function conflict(): Promise<number> {
    const is = (status: string) => async (): Promise<boolean> =>
      conditionOf(await getRsg(cluster, 'llama'), 'AutoscalerConflict').startsWith(status);
    await cluster.kubectlOk('autoscale', 'deployment', 'prefill', '--name=other', '--max=3', '--cpu=50%');
    await eventually('it is named', is('True'));
    const at = Date.now();
    await cluster.kubectlOk('delete', 'hpa', 'other');
    await eventually('it is forgotten', is('False'));
    return at;
  }

  async function mendsItsCertificate(): Promise<void> {
    const name = 'rsg-metrics-adapter-tls';
    const data = JSON.stringify({data: {'tls.crt': Buffer.from('damaged').toString('base64')}});
    await cluster.kubectlOk('patch', 'secret', name, '-n', NAMESPACE, '--type=merge', '-p', data);
    await eventually('it is made anew', async () => {
      const text = await cluster.kubectlOk('get', 'secret', name, '-n', NAMESPACE, '-o', 'jsonpath={.data.tls\\.crt}');
      return Buffer.from(text, 'base64').toString().startsWith('-----BEGIN');
    });
  }

  /** While an RSG goes, each of its clones is looked at before it is deleted. */
  async function comesAndGoes(name: string): Promise<void> {
    await cluster.apply([workload({name, replicas: 1}), workload({name, kind: 'StatefulSet', replicas: 1, labels: {app: `${name}-set`}})]);
    const targetResources = ['deployment', 'statefulset'].map((kind) => ({name, kind, version: 'apps/v1'}));
    await cluster.apply(rsgOf(name, {replicas: 2, group: {targetResources}, restoreTimeoutSeconds: 0}));
    await settledGroups(cluster, name, 2);
    await cluster.kubectlOk('delete', 'rsg', name, '--timeout=60s');
    await cluster.kubectlOk('delete', 'deployment,statefulset', name);
  }

  /** An RSG whose group 0 is parked for the uninstall to come. */
  async function parkedFor(name: string, target: {readonly name: string; readonly kind: string}): Promise<void> {
    const quick = {scaleIn: {drain: {timeoutSeconds: 0}}, scalingGroupTask: {sortedGroupList: ['group0']}};
    await cluster.apply(rsgOf(name, {replicas: 2, group: {targetResources: [target]}, ...quick}));
    const kindAndName = `${target.kind}/${target.name}`;
    await eventually('its clone exists', async () => (await cluster.kubectl('get', `${kindAndName}-group1`)).code === 0);
    await cluster.kubectlOk('scale', 'rsg', name, '--replicas=1');
    await eventually('parked', async () => (await cluster.kubectlOk('get', kindAndName, '-o', 'jsonpath={.spec.replicas}')) === '0');
  }

  async function changeCompanions(name: string): Promise<void> {
    const {groups = []} = (await getRsg(cluster, name)).status;
    const group = groups.find(({origin}) => origin !== true)?.id ?? '';
    await cluster.kubectlOk('patch', 'service', 'peers', '--type=merge', '-p', '{"spec":{"sessionAffinity":"ClientIP"}}');
    await cluster.kubectlOk('patch', 'configmap', 'settings', '--type=merge', '-p', '{"data":{"mode":"b"}}');
    await eventually('companions follow', async () => {
      const affinity = await cluster.kubectlOk('get', 'service', `peers-${group}`, '-o', 'jsonpath={.spec.sessionAffinity}');
      const mode = await cluster.kubectlOk('get', 'configmap', `settings-${group}`, '-o', 'jsonpath={.data.mode}');
      return affinity === 'ClientIP' && mode === 'b';
    });
  }

  /** A new group, a change of the originals and back, the originals parked, a group less. */
  async function exercise(name: string, targets: readonly string[]): Promise<void> {
    const exists = async (clone: string): Promise<boolean> => (await cluster.kubectl('get', clone)).code === 0;
    const next = `group${String((await getRsg(cluster, name)).status.nextGroupIndex ?? 1)}`;
    const replicas = (await getRsg(cluster, name)).spec.replicas;
    await cluster.kubectlOk('scale', 'rsg', name, `--replicas=${String(replicas + 1)}`);
    for (const target of targets) await eventually(`${target}-${next} exists`, () => exists(`${target}-${next}`));
    const pass = async (target: string, value: '1' | null): Promise<void> => {
      await cluster.kubectlOk('patch', target, '--type=merge', '-p', `{"spec":{"minReadySeconds":${String(value)}}}`);
      await eventually(`${target}-${next} follows`, async () => {
        const text = await cluster.kubectlOk('get', `${target}-${next}`, '-o', 'jsonpath={.spec.minReadySeconds}');
        return text === (value ?? '');
      });
    };
    for (const target of targets) {
      await pass(target, '1');
      await pass(target, null);
    }
    const parked = {scaleIn: {whenListEnds: 'Newest'}, scalingGroupTask: {sortedGroupList: ['group0']}};
    await cluster.kubectlOk('patch', 'rsg', name, '--type=merge', '-p', JSON.stringify({spec: {...parked, replicas}}));
    for (const target of targets)
      await eventually(
        `${target} is parked`,
        async () => (await cluster.kubectlOk('get', target, '-o', 'jsonpath={.spec.replicas}')) === '0',
      );
    await cluster.kubectlOk('patch', 'rsg', name, '--type=merge', '-p', `{"spec":{"replicas":${String(Math.max(replicas - 1, 1))}}}`);
  }

  test('an upgrade keeps the CRD and every object', async () => {
    const before = await getRsg(cluster, 'llama');
    await release.ok('upgrade', 'rsg', CHART, '--set', 'controller.replicas=3');
    const now = await getRsg(cluster, 'llama');
    assert.deepEqual([now.metadata.uid, now.metadata.generation], [before.metadata.uid, before.metadata.generation]);
    assert.equal(conditionOf(now, 'TargetsBound'), 'True Bound');
  });

  test('uninstall: what is registered goes first, every group goes on serving, no namespace is stuck', async () => {
    const pods = async (): Promise<string[]> => (await items(cluster, 'pods')).map(({metadata}) => metadata.uid).sort();
    const before = await pods();
    const from = new Date().toISOString();
    const [told] = await Promise.all([
      release.playReleaseJob(() => release.rights('rsg-release', (name) => name.startsWith('rsg-release'))),
      release.ok('uninstall', 'rsg', '--timeout', '90s'),
    ]);
    assert.match(told, /default\/kept: released; LeaderWorkerSet\/spare has its replicas back/u);
    assert.match(told, /default\/llama: released; Deployment\/prefill, StatefulSet\/decode have their replicas back/u);
    const deletions = (await cluster.auditWrites()).filter(
      ({verb, at, userAgent}) => verb === 'delete' && at > from && userAgent.startsWith('Helm'),
    );
    const firstOther = deletions.findIndex(({resource}) => resource === 'deployments');
    assert.ok(
      deletions.findLastIndex(({resource}) => resource === 'apiservices') < firstOther,
      JSON.stringify(deletions.map(({resource}) => resource)),
    );
    const after = await eventually('the originals serve', async () => {
      const now = await pods();
      return now.length === before.length + 2 && now;
    });
    assert.ok(
      before.every((uid) => after.includes(uid)),
      'a pod was lost',
    );
    assert.equal((await getRsg(cluster, 'llama')).metadata.finalizers?.length ?? 0, 0);
    await cluster.kubectlOk('create', 'namespace', 'theirs');
    await cluster.kubectlOk('delete', 'namespace', 'theirs', '--timeout=60s');
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--timeout=30s');
    assert.match(await release.ok('install', 'rsg', CHART), /runs in namespace rsg-system/u);
  });
});

function leaderWorkerSet(name: string): object {
  const template = {metadata: {labels: {app: name}}, spec: {containers: [{name: 'engine', image: 'engine'}]}};
  return {
    apiVersion: 'leaderworkerset.x-k8s.io/v1',
    kind: 'LeaderWorkerSet',
    metadata: {name, namespace: 'default'},
    spec: {replicas: 1, leaderWorkerTemplate: {size: 1, workerTemplate: template}},
  };
}

/** The certificate is the adapter's own; only who may ask is of interest here. */
async function askWith(token: string, port: number): Promise<void> {
  const url = `https://127.0.0.1:${String(port)}/apis/external.metrics.k8s.io/v1beta1/namespaces/default/rsg_load?labelSelector=rsg%3Dllama`;
  const script = `fetch(process.argv[1], {headers: {authorization: 'Bearer ' + process.argv[2]}}).then((r) => console.log(r.status))`;
  const {stdout} = spawnSync(process.execPath, ['--no-warnings', '-e', script, url, token], {
    encoding: 'utf8',
    env: {...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0'},
  });
  assert.equal(stdout.trim(), '403');
  await Promise.resolve();
}
