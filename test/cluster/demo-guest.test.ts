/**
 * `rsg demo --kubeconfig` on a real control plane, with the demo's own engines behind the pods: what it claims holds, it refuses what it must
 * not touch, and nothing of it is left. While it plays, others are refused.
 */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {serveMetricsApis, type MetricsApis} from '../support/metrics-apis.ts';
import {ProcessGroup, signal} from '../support/processes.ts';
import {kubeconfigOf} from '../support/service-account.ts';
import {eventually} from '../support/wait.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
/** On a busy machine the traffic passes more slowly. */
const PATIENT = {timeoutMs: 240_000, intervalMs: 250};
/** Of what was seen, however late it was: true at every moment. Those on the HPA's pace are left to a machine with time. */
const ALWAYS = [
  'the ratio 2:4 held in every complete group at every observation',
  'groups were chosen to go in the listed order (group2, group0, group4)',
  "the originals' pods were the same ones, with no restart, from binding until they were parked",
  'no request was cut by a scale-in',
  'a group that goes was let go only when the last request that it held had ended',
];

interface Demo {
  readonly exit: Promise<string>;
  output(): string;
  /** Ctrl-C. */
  interrupt(): void;
}

describe('the demo as a guest', {skip: controlPlaneSkip()}, () => {
  const processes = new ProcessGroup();
  let cluster: ControlPlane;
  let playing: Demo;
  let demos = 0;
  before(async () => {
    cluster = await startControlPlane();
    playing = start();
    await eventually('it plays', () => Promise.resolve(playing.output().includes('An hour of recorded LLM traffic')), PATIENT);
  });
  after(async () => {
    await processes.stop();
    await cluster.stop();
  });

  function start(...flags: readonly string[]): Demo {
    demos += 1;
    const logFile = join(cluster.directory, `demo-${String(demos)}.log`);
    const command = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, 'demo', '--kubeconfig', cluster.kubeconfig, ...flags];
    const {exit, pid} = processes.start('demo', command, {cwd: cluster.directory, logFile});
    return {
      exit,
      output: () => readFileSync(logFile, 'utf8'),
      interrupt: () => {
        signal(pid, 'SIGINT');
      },
    };
  }
  const refused = async (text: RegExp, ...flags: readonly string[]): Promise<void> => {
    const demo = start(...flags);
    assert.equal(await demo.exit, '1');
    assert.match(demo.output(), text);
    assert.doesNotMatch(demo.output(), /removing what the demo has made/u);
  };
  /** What is in the cluster beside what was there before: the kind, namespaces, APIServices. */
  const left = async (): Promise<string[]> => {
    const names = (await cluster.kubectlOk('get', 'namespaces,customresourcedefinitions,apiservices', '-o', 'name')).split('\n');
    return names.filter((name) => /demo|resourcescalinggroup|external\.metrics/u.test(name));
  };

  test('a namespace of others is refused', async () => {
    await refused(/^rsg: the namespace kube-system is there already, and the demo needs one of its own/mu, '--namespace', 'kube-system');
  });

  test('a user without rights is told which', async () => {
    await cluster.kubectlOk('create', 'serviceaccount', 'reader');
    const file = await kubeconfigOf(cluster, 'default', 'reader');
    await refused(/^rsg: the user of this kubeconfig lacks rights[^]*\n {2}get, create, delete namespaces\n/mu, '--kubeconfig', file);
  });

  test('a kubeconfig of no cluster, and a user that the cluster does not know', async () => {
    const text = readFileSync(cluster.tokenKubeconfig, 'utf8');
    const write = async (name: string, content: string): Promise<string> => {
      const file = join(cluster.directory, name);
      await writeFile(file, content);
      return file;
    };
    const token = /"?token"?: "?[0-9a-zA-Z-]+/u;
    assert.match(text, token);
    const unknown = await write(
      'unknown.kubeconfig',
      text.replace(token, (found) => `${found}x`),
    );
    await refused(/does not know its user: Unauthorized$/mu, '--kubeconfig', unknown);
    await refused(/this is no kubeconfig that can be used/u, '--kubeconfig', await write('empty.kubeconfig', ''));
  });

  test('what it claims holds, and nothing of it is left', async () => {
    await playing.exit;
    const output = playing.output();
    for (const claim of ALWAYS) assert.ok(output.includes(`✔ ${claim}`), output);
    assert.match(output, /all 8 claims hold|\d of 8 claims do not hold/u);
    assert.match(output, /^nothing of it is left in the cluster$/mu);
    assert.deepEqual(await left(), []);
  });

  test('where others serve External metrics it scales without, and after Ctrl-C theirs is still there', async () => {
    const metrics: MetricsApis = await serveMetricsApis(cluster);
    try {
      const before = await left();
      const demo = start('--namespace', 'demo-beside');
      await eventually('it scales', () => Promise.resolve(demo.output().includes('3 groups are wanted')), PATIENT);
      assert.match(demo.output(), /^Something else serves External metrics in this cluster/mu);
      demo.interrupt();
      assert.equal(await demo.exit, '1');
      assert.match(demo.output(), /^stopped before the end: nothing was checked\n[^]*^nothing of it is left in the cluster$/mu);
      assert.deepEqual(await left(), before);
    } finally {
      await metrics.close();
    }
  });
});
