/** The kubectl plugin on a real control plane: what it shows is there, and what it plans is what then happens. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {rsg, type CliOptions, type Said} from '../support/cli.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {runPlans} from '../support/soak/plans.ts';
import {getRsg, items, pair, settledGroups, workload} from '../support/workloads.ts';

describe('kubectl rsg', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  let withoutCrd: readonly Said[];
  const run = (args: readonly string[], options?: CliOptions): Promise<Said> => rsg([...args, '--kubeconfig', cluster.kubeconfig], options);
  before(async () => {
    cluster = await startControlPlane();
    await cluster.apply(pair([1, 2]));
    withoutCrd = await Promise.all([['status'], ['why', 'llama'], ['adopt', 'deploy/prefill', '--name', 'llama']].map((args) => run(args)));
    await installCrd(cluster);
    controller = await startController(cluster);
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
  });

  test('a cluster without the CRD is told what it lacks', () => {
    for (const {code, err} of withoutCrd) assert.match(`${String(code)} ${err}`, /^1 .*the cluster does not know ResourceScalingGroups/su);
  });

  test('adopt binds running workloads and restarts nothing', async () => {
    const generations = async (): Promise<unknown> =>
      (await items(cluster, 'deployments,statefulsets')).map(({metadata}) => metadata.generation);
    const before = await generations();
    const dry = await run(['adopt', 'deploy/prefill', 'sts/decode', '--name', 'llama', '--dry-run']);
    assert.equal(dry.code, 0, dry.err);
    assert.equal((await cluster.kubectl('get', 'rsg', 'llama')).code, 1, 'a dry run stored it');
    const {out, code} = await run(['adopt', 'deploy/prefill', 'sts/decode', '--name', 'llama']);
    assert.equal(code, 0);
    assert.match(out, /resourcescalinggroup\/llama created/u);
    await settledGroups(cluster, 'llama', 1);
    assert.deepEqual(await generations(), before);
  });

  test('adopt refuses what another RSG has, and stops at warnings until told to go on', async () => {
    const taken = await run(['adopt', 'deploy/prefill', '--name', 'second']);
    assert.equal(taken.code, 3);
    assert.match(taken.err, /already belongs to RSG default\/llama/u);
    await cluster.apply(workload({name: 'lonely', replicas: 0}));
    assert.equal((await run(['adopt', 'deploy/lonely', '--name', 'lonely'])).code, 3);
    const printed = await run(['adopt', 'deploy/lonely', '--name', 'lonely', '-o', 'yaml']);
    assert.equal(printed.code, 0);
    await cluster.apply(printed.out);
    await cluster.kubectlOk('delete', 'rsg/lonely', 'deployment/lonely');
  });

  test('status shows groups, members and scalings; why is content', async () => {
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=2');
    await settledGroups(cluster, 'llama', 2);
    const {out} = await run(['status', 'llama']);
    assert.match(out, /2 wanted, 2 there, 2 ready, 2 available {3}ratio 1:2/u);
    assert.match(out, /└─ decode {4}StatefulSet\/decode-group1 {3}2\/2/u);
    assert.match(out, /1 → 2 {4}\+group1/u);
    assert.match((await run(['status'])).out, /^llama {3}2 {9}2/mu);
    assert.equal((await run(['why', 'llama'])).code, 0);
  });

  test('drain removes the group that was named, after asking', async () => {
    await cluster.kubectlOk('scale', 'rsg', 'llama', '--replicas=4');
    await settledGroups(cluster, 'llama', 4);
    assert.equal((await run(['drain', 'llama', 'group2'], {answer: 'n'})).code, 3);
    assert.equal((await getRsg(cluster, 'llama')).spec.replicas, 4);
    assert.equal((await run(['drain', 'llama', 'group2'], {answer: 'y'})).code, 0);
    await settledGroups(cluster, 'llama', 3);
    assert.deepEqual(
      (await getRsg(cluster, 'llama')).status.groups?.map(({id}) => id),
      ['group0', 'group1', 'group3'],
    );
    const gone = await run(['drain', 'llama', 'group2', '--yes']);
    assert.equal(gone.code, 1);
    assert.match(gone.err, /group2 does not exist; groups are group0, group1, group3/u);
  });

  test('plan names exactly what then happens, in random cases', async () => {
    await cluster.kubectlOk('delete', 'rsg', 'llama', '--timeout=60s');
    const {wrong, ...report} = await runPlans(cluster, {cases: 12, seed: 7, told: () => undefined});
    assert.deepEqual(wrong, []);
    assert.ok(report.made > 3 && report.removed > 3, JSON.stringify(report));
  });
});
