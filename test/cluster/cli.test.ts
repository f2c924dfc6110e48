/** The kubectl plugin on a real control plane: what it shows is there, and what it plans is what then happens. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import fc from 'fast-check';
import {z} from 'zod';
import {rsg, type CliOptions, type Said} from '../support/cli.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {eventually} from '../support/wait.ts';
import {getRsg, items, pair, rsgOf, settledGroups, workload} from '../support/workloads.ts';

const planSchema = z.object({created: z.array(z.string()), removed: z.array(z.string()), to: z.number()});

describe('kubectl rsg', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let controller: ControllerProcess;
  const run = (args: readonly string[], options?: CliOptions): Promise<Said> => rsg([...args, '--kubeconfig', cluster.kubeconfig], options);
  before(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
    controller = await startController(cluster);
    await cluster.apply(pair([1, 2]));
  });
  after(async () => {
    await controller.stop();
    await cluster.stop();
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
    await cluster.apply(rsgOf('llama'));
    await settledGroups(cluster, 'llama', 1);
    const one = fc.record({
      wanted: fc.integer({min: 0, max: 5}),
      list: fc.array(fc.integer({min: 0, max: 12}), {maxLength: 3}),
      whenListEnds: fc.constantFrom('NotReadyFirst', 'Newest', 'Oldest', 'Hold'),
      originPolicy: fc.constantFrom('Park', 'Keep'),
      minAvailableGroups: fc.constantFrom(0, 0, 1, 2),
    });
    const cases = fc.sample(one, {numRuns: Number(process.env['RSG_PLAN_CASES'] ?? 12), seed: Number(process.env['RSG_PLAN_SEED'] ?? 7)});
    for (const {wanted, list, ...scaleIn} of cases) {
      const spec = {scaleIn, scalingGroupTask: {sortedGroupList: list.map((index) => `group${String(index)}`)}};
      await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', JSON.stringify({spec}));
      await quiet(cluster);
      const before = await groups(cluster);
      const {out} = await run(['plan', 'llama', '--replicas', String(wanted), '-o', 'json']);
      const told = planSchema.parse(JSON.parse(out));
      await cluster.kubectlOk('patch', 'rsg', 'llama', '--type=merge', '-p', JSON.stringify({spec: {replicas: wanted}}));
      await quiet(cluster);
      const after = await groups(cluster);
      const what = JSON.stringify({before, wanted, list, scaleIn, told});
      assert.deepEqual([...told.created].sort(), after.filter((id) => !before.includes(id)).sort(), what);
      assert.deepEqual([...told.removed].sort(), before.filter((id) => !after.includes(id)).sort(), what);
      assert.equal(told.to, after.length, what);
    }
  });
});

/** IDs of groups that count. */
async function groups(cluster: ControlPlane): Promise<string[]> {
  const {status} = await getRsg(cluster, 'llama');
  return (status.groups ?? []).filter(({phase}) => phase === 'Available').map(({id}) => id);
}

/** Resolves once the controller has seen the last change and nothing is under way. */
function quiet(cluster: ControlPlane): Promise<unknown> {
  return eventually('quiet', async () => {
    const {metadata, status} = await getRsg(cluster, 'llama');
    const busy = (status.groups ?? []).some(({phase}) => phase !== 'Available' && phase !== 'Parked');
    const counts = status.availableReplicas === status.replicas && status.terminatingReplicas === 0;
    return status.observedGeneration === metadata.generation && !busy && counts && status.pendingGroups === undefined;
  });
}
