/**
 * The same kubectl commands against the sandbox and a real API server, in the same order: what a person sees is the same. Ages, versions and
 * names that a server draws are left out of the comparison; so is what only a controller writes.
 */
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {renderCrd} from '../../src/api/crd.ts';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {runKubectl} from '../support/kubectl.ts';
import {eventually} from '../support/wait.ts';
import {COMMANDS} from './commands.ts';
import {sandboxSubject} from './subject.ts';

type Kubectl = (stdin: string, args: readonly string[]) => Promise<string>;

/** Exit code and output, without what is different each time. */
function comparable({code, stdout, stderr}: {code: number; stdout: string; stderr: string}, url: string): string {
  return `exit code ${String(code)}\n${stdout}\n${stderr}`
    .replaceAll(url, 'URL')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, 'UID')
    .replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/gu, 'TIME')
    .replaceAll(/(resource ?version"?):\s*"?\d+"?/giu, '$1: RV')
    .replaceAll(/\b\d+s\b/gu, 'AGE')
    .replaceAll(/10\.96\.\d+\.\d+/gu, 'CLUSTER-IP')
    .replaceAll(/ +/gu, ' ');
}

describe('kubectl says the same', {skip: controlPlaneSkip()}, () => {
  let directory: string;
  let cluster: ControlPlane | undefined;
  let sandbox: Awaited<ReturnType<typeof sandboxSubject>> | undefined;
  let onReal: Kubectl;
  let onSandbox: Kubectl;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rsg-kubectl-'));
    [cluster, sandbox] = await Promise.all([startControlPlane({kwok: false}), sandboxSubject()]);
    const program = join(process.env['KUBEBUILDER_ASSETS'] ?? '', 'kubectl');
    const file = join(directory, 'kubeconfig');
    await writeFile(file, sandbox.kubeconfig);
    const through = (kubeconfig: string, url: string): Kubectl => {
      const cacheDirectory = join(directory, url.replaceAll(/\W/gu, '-'));
      return async (stdin, args) =>
        comparable(await runKubectl(program, ['--kubeconfig', kubeconfig, ...args], {stdin, cacheDirectory}), url);
    };
    onReal = through(cluster.kubeconfig, cluster.url);
    onSandbox = through(file, sandbox.credentials.url);
    for (const kubectl of [onReal, onSandbox]) {
      await kubectl(JSON.stringify(renderCrd()), ['apply', '-f', '-']);
      await eventually('the kind is served', async () => (await kubectl('', ['get', 'rsg'])).startsWith('exit code 0'));
    }
  });
  after(async () => {
    await Promise.all([cluster?.stop(), sandbox?.stop()]);
    await rm(directory, {recursive: true, force: true});
  });

  for (const {args, stdin} of COMMANDS) {
    test(`kubectl ${args.join(' ')}`, async () => {
      const [real, ours] = await Promise.all([onReal(stdin ?? '', args), onSandbox(stdin ?? '', args)]);
      assert.equal(ours, real);
    });
  }
});
