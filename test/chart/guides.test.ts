/**
 * The quick start and the guides, followed word for word on a real control plane: their own commands in a shell, what they show as YAML
 * given to the API server. Pods are played; the program runs beside them with their arguments and ServiceAccounts.
 */
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {kindsIn} from '../../src/kube/kind-declarations.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {stubCrd} from '../support/crd-stubs.ts';
import {CHART} from '../support/helm.ts';
import {shownIn} from '../support/manifests-in-docs.ts';
import {allPages, readPage} from '../support/markdown.ts';
import {newcomer, type Newcomer} from '../support/newcomer.ts';
import {ProcessGroup} from '../support/processes.ts';
import {NAMESPACE, releaseIn, type Release, type Started} from '../support/release.ts';
import {startSharedLoad, type SharedLoad} from '../support/shared-load.ts';
import {eventually} from '../support/wait.ts';
import {conditionOf, getRsg, items, replicas} from '../support/workloads.ts';

/** Of prefill, in groups: 2.5 at 0.7 a group are 4. */
const LOAD = 2.5;
/** The program scrapes every 15 s here, as the chart has it. */
const PATIENT = {timeoutMs: 120_000};
const START = readPage('docs/quick-start.md');

describe('the guides, word for word', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let release: Release;
  let load: SharedLoad;
  let adapter: Started;
  let shell: Newcomer;
  const processes = new ProcessGroup();
  before(async () => {
    cluster = await startControlPlane();
    [release, load, shell] = await Promise.all([releaseIn(cluster, processes), startSharedLoad(cluster), newcomer(cluster)]);
    const keda = ['ScaledObject', 'ClusterTriggerAuthentication'].map((kind) => stubCrd('keda.sh', 'v1alpha1', kind));
    await cluster.apply([...keda, stubCrd('argoproj.io', 'v1alpha1', 'Application')]);
    load.totals.set('prefill', {waiting: LOAD * 8, kvUsage: 0});
    load.totals.set('decode', {waiting: 0, kvUsage: 0.5});
  });
  after(async () => {
    await load.close();
    await processes.stop();
    await cluster.stop();
  });

  /** Its output; fails with what it said. */
  const sh = async (script: string): Promise<string> => {
    const {stdout, stderr, code} = await shell.run(script);
    assert.equal(code, 0, `${script}\n${stdout}${stderr}`);
    return stdout;
  };
  const originals = async (): Promise<string[]> =>
    (await items(cluster, 'pods'))
      .filter(({metadata}) => /^(?:prefill|decode)-(?!group)/u.test(metadata.name))
      .map(({metadata}) => metadata.uid);

  const settled = (groups: number): Promise<unknown> =>
    eventually(
      `${String(groups)} available groups`,
      async () => {
        const {status} = await getRsg(cluster, 'llama');
        return status.availableReplicas === groups && status.replicas === groups && status.terminatingReplicas === 0;
      },
      PATIENT,
    );

  test('the README has the same five commands as the quick start', () => {
    assert.ok(readPage('README.md').blocks.some(({text}) => text === START.blocks[0]?.text));
    assert.equal(START.blocks[0]?.text.trim().split('\n').length, 5);
  });

  test('quick start: five commands from nothing to a scaled RSG under an HPA', async () => {
    const [install = '', npm = '', adopt = '', scale = '', hpa = ''] = START.blocks[0]?.text.split('\n') ?? [];
    await sh(START.words.find((word) => word.startsWith('kubectl apply -f examples/')) ?? '');
    await sh(install);
    adapter = await release.start('rsg-metrics-adapter');
    await release.start('rsg-controller', {ports: {'--metrics-adapter-url': adapter.ports['--http-address'] ?? 0}});
    await release.reach(adapter);
    await sh(npm);
    assert.match(await sh(adopt), /resourcescalinggroup\/llama created/u);
    await playEngines({drain: {timeoutSeconds: 0}});
    const before = await originals();
    await sh(scale);
    await settled(2);
    await sh(hpa);
    await settled(4);
    assert.deepEqual(await originals(), before, 'no pod of the originals was replaced');
  });

  /** Played engines have another port than vLLM, and never end a request. */
  async function playEngines(scaleIn: object): Promise<void> {
    await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', JSON.stringify({spec: {metrics: {port: load.port}, scaleIn}}));
  }

  test('quick start: what to look at then, and back to what one had', async () => {
    const [status = '', plan = '', why = ''] = START.blocks[1]?.text.split('\n') ?? [];
    assert.match(await sh(status.replace('--watch', '')), /4 wanted, 4 there/u);
    assert.match(await sh(plan), /remove +group3 +Deployment\/prefill-group3, Deployment\/decode-group3/u);
    assert.match(await sh(why), /nothing needs attention/u);
    const before = await originals();
    await sh(START.words.find((word) => word.startsWith('kubectl delete -f')) ?? '');
    await eventually('the clones are gone', async () => Object.keys(await replicas(cluster)).join() === 'decode,prefill');
    assert.deepEqual(await originals(), before);
  });

  test('moving from one HPA per Deployment: nothing restarts, nothing is created before the old HPAs are gone', async () => {
    for (const name of ['prefill', 'decode']) await sh(`kubectl autoscale deployment ${name} --min=1 --max=10 --cpu=50%`);
    const steps = readPage('docs/guides/moving.md').words.filter((word) => /^kubectl \S+ \S+/u.test(word));
    const [adopt = '', apply = '', gone = '', plan = '', scale = ''] = steps;
    const before = await originals();
    const {stderr} = await shell.run(adopt);
    assert.match(stderr, /HorizontalPodAutoscaler prefill scales Deployment\/prefill/u);
    await sh(apply);
    await eventually('the HPAs are named', async () =>
      conditionOf(await getRsg(cluster, 'llama'), 'AutoscalerConflict').startsWith('True'),
    );
    assert.equal((await shell.run(plan)).code, 3, 'held back as long as they are there');
    await sh(gone);
    await eventually('nothing holds it back', async () => (await shell.run(plan)).code === 0);
    await sh(scale);
    await settled(3);
    assert.deepEqual(await originals(), before);
  });

  test('choosing the ratio: what top says, and every group follows the original', async () => {
    const guide = readPage('docs/guides/ratio.md');
    await playEngines({});
    const [top = '', change = ''] = guide.words.filter((word) => /^kubectl \S+ \S+/u.test(word));
    const lines =
      /^llama: prefill [\d.]+ groups, decode [\d.]+ groups; prefill is the bottleneck\n {2}per group, these replicas would be equally busy: prefill [\d.]+, decode [\d.]+$/mu;
    assert.match(guide.blocks[0]?.text ?? '', lines);
    const url = `--adapter-url http://127.0.0.1:${String(adapter.ports['--http-address'])}`;
    await eventually('top says so', async () => lines.test((await shell.run(`${top} ${url}`)).stdout), PATIENT);
    await sh('kubectl scale deployment/decode --replicas=1');
    await settled(3);
    await sh(change);
    const follow = async (): Promise<boolean> =>
      Object.entries(await replicas(cluster)).every(([name, count]) => name.startsWith('prefill') || count === 2);
    await eventually('every decode has two', follow);
  });

  test('GitOps: a field that was handed over survives the manifest that loses it, one that was not does not', async () => {
    const [, manifest] = readPage('docs/guides/gitops.md').blocks.filter(({language}) => language === 'yaml');
    const [handOver = ''] = readPage('docs/guides/gitops.md')
      .blocks.filter(({language}) => language === 'sh')
      .map(({text}) => text);
    const flux = (count?: number): Promise<string> =>
      cluster
        .kubectlWith(
          JSON.stringify(deployment(count)),
          'apply',
          '-n',
          'gitops',
          '--server-side',
          '--field-manager=kustomize-controller',
          '-f',
          '-',
        )
        .then(({stdout}) => stdout);
    const count = async (): Promise<number | undefined> => (await replicas(cluster, '-n', 'gitops'))['prefill'];
    await sh('kubectl create namespace gitops');
    await flux(4);
    await flux();
    assert.equal(await count(), 1, 'otherwise there is nothing to hand over');
    await flux(4);
    await writeFile(join(shell.folder, 'replicas.yaml'), manifest?.text ?? '');
    await sh(handOver.replace('kubectl apply', 'kubectl apply -n gitops'));
    await flux();
    assert.equal(await count(), 4);
  });

  test('what is shown as YAML is taken by the API server, by helm, by the program', async () => {
    const pages = allPages().map(({path, blocks}) => ({
      path,
      shown: blocks.filter(({language}) => language === 'yaml').map(({text}) => shownIn(text)),
    }));
    assert.ok(pages.flatMap(({shown}) => shown).length > 10);
    const dryRun = ['apply', '-n', 'gitops', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-f', '-'];
    for (const {path, shown} of pages)
      for (const {kind, text} of shown) {
        if (kind === 'declarations') assert.ok('kinds' in kindsIn(text), path);
        else if (kind === 'manifest') assert.equal((await cluster.kubectlWith(text, ...dryRun)).stderr, '', `${path}:\n${text}`);
        else {
          await writeFile(join(shell.folder, 'values.yaml'), text);
          await release.ok('template', 'rsg', CHART, '-f', join(shell.folder, 'values.yaml'));
        }
      }
  });

  test('uninstall: nothing of theirs is harmed, and no namespace is stuck', async () => {
    const command = readPage('docs/guides/install.md').words.find((word) => word.startsWith('helm uninstall rsg')) ?? '';
    const before = (await items(cluster, 'pods')).map(({metadata}) => metadata.uid).sort();
    await Promise.all([release.playReleaseJob(), sh(command)]);
    await sh(`kubectl delete namespace ${NAMESPACE} --timeout=60s`);
    assert.deepEqual((await items(cluster, 'pods')).map(({metadata}) => metadata.uid).sort(), before);
  });
});

function deployment(count?: number): object {
  const template = {metadata: {labels: {app: 'prefill'}}, spec: {containers: [{name: 'engine', image: 'engine'}]}};
  const spec = {...(count === undefined ? {} : {replicas: count}), selector: {matchLabels: {app: 'prefill'}}, template};
  return {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: 'prefill'}, spec};
}
