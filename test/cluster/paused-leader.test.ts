/**
 * A leader that stands still past its lease (SIGSTOP, as a frozen VM does) in the middle of its writes, and wakes up when another leads: not
 * one of them is carried out then. Two users tell the two processes apart in the audit log.
 */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {KubeConfig} from '@kubernetes/client-node';
import {createKubeClient} from '../../src/kube/client.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {DEPLOYMENT} from '../support/fault-world.ts';
import {checkLeadership} from '../support/soak/leaders.ts';
import {eventually} from '../support/wait.ts';
import {getRsg, pair, replicas, rsgOf} from '../support/workloads.ts';

/** So many that their members are not all on their way at once. */
const GROUPS = 120;
const LEASE_PATH = '/apis/coordination.k8s.io/v1/namespaces/default/leases/rsg-controller';

describe('a leader paused past its lease', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let first: ControllerProcess;
  let second: ControllerProcess;
  before(async () => {
    cluster = await startControlPlane({audit: true, kwok: false});
    await installCrd(cluster);
    await cluster.apply(pair([1, 1]));
    await cluster.apply(rsgOf('llama'));
    first = await startController(cluster, ['--leader-elect=true']);
    await eventually('bound', async () => (await getRsg(cluster, 'llama')).status.replicas === 1);
    second = await startController(cluster, ['--leader-elect=true', '--kubeconfig', cluster.tokenKubeconfig]);
  });
  after(async () => {
    first.resume();
    await Promise.all([first.stop(), second.stop()]);
    await cluster.stop();
  });

  const members = async (): Promise<number> => Object.keys(await replicas(cluster)).length;
  const holder = async (): Promise<string> => /"holderIdentity":"([^"]*)"/u.exec((await cluster.get(LEASE_PATH)).body)?.[1] ?? '';

  test('writes nothing after another leads, and ends', async () => {
    const before = await holder();
    const stopped = pauseAfterCreates(cluster, first, 5);
    await cluster.kubectlOk('scale', 'rsg', 'llama', `--replicas=${String(GROUPS)}`);
    await stopped;
    let found = -1;
    const arrived = async (): Promise<boolean> => found === (found = await members());
    await eventually('what was on its way has arrived', arrived, {intervalMs: 500});
    assert.ok(found < GROUPS * 2, `it stood still in the middle, with ${String(found)} members`);
    await eventually('another leads', async () => (await holder()) !== before, {timeoutMs: 40_000});
    await eventually('the other goes on', async () => (await members()) > found);
    first.resume();
    assert.equal(await first.exited(), '1');
    await eventually('all groups are there', async () => (await members()) === GROUPS * 2);

    const log = await cluster.auditWrites();
    const creates = log.filter(({userAgent, verb}) => userAgent.startsWith('rsg-controller') && verb === 'create');
    const [ours, theirs] = [creates.filter(({user}) => user !== 'token-admin'), creates.filter(({user}) => user === 'token-admin')];
    assert.ok(ours.filter(({resource}) => resource === 'deployments').length > 0, 'the first did write');
    assert.ok(theirs.length > 0, 'the second did write');
    const {handOvers, late} = checkLeadership(log);
    assert.deepEqual({handOvers, late}, {handOvers: 1, late: []});
  });
});

/** Resolves when the process stands still: the moment at which a watch has shown so many new Deployments. */
async function pauseAfterCreates(cluster: ControlPlane, process: ControllerProcess, count: number): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const client = createKubeClient({config, requestTimeoutMs: 10_000, userAgent: 'test'}, {clock: systemClock});
  const end = new AbortController();
  const {resourceVersion} = await client.list({type: DEPLOYMENT, namespace: 'default'});
  let left = count;
  try {
    for await (const {type} of client.watch({type: DEPLOYMENT, namespace: 'default'}, {resourceVersion, timeoutSeconds: 60}, end.signal)) {
      if (type === 'ADDED') left -= 1;
      if (left === 0) break;
    }
    process.pause();
  } finally {
    end.abort();
    client.close();
  }
}
