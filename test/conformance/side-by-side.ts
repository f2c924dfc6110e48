/** kubectl against the sandbox and a real API server at once: what a person sees is compared, without what is different each time. */
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {KubeConfig} from '@kubernetes/client-node';
import {renderCrd} from '../../src/api/crd.ts';
import {startControlPlane} from '../support/control-plane.ts';
import {runKubectl} from '../support/kubectl.ts';
import type {Outcome} from '../support/outcome.ts';
import {eventually} from '../support/wait.ts';

export interface Command {
  readonly args: readonly string[];
  readonly stdin?: string;
  /** Where kubectl opens an editor: what is run in its place, with the file's name behind it. */
  readonly editor?: string;
}

export const kubectl = (line: string, stdin?: string): Command => ({
  args: line.split(' '),
  ...(stdin === undefined ? {} : {stdin}),
});

export interface Pair {
  /** Fails where the two say different things. */
  same(command: Command): Promise<void>;
  readonly configs: readonly KubeConfig[];
  stop(): Promise<void>;
}

interface Sandboxed {
  readonly kubeconfig: string;
  readonly credentials: {readonly url: string};
  stop(): Promise<void>;
}

/** Both with the CRD in place. */
export async function startPair(sandboxed: () => Promise<Sandboxed>, {kwok}: {readonly kwok: boolean}): Promise<Pair> {
  const directory = await mkdtemp(join(tmpdir(), 'rsg-kubectl-'));
  const [cluster, sandbox] = await Promise.all([startControlPlane({kwok}), sandboxed()]);
  const file = join(directory, 'kubeconfig');
  await writeFile(file, sandbox.kubeconfig);
  const program = join(process.env['KUBEBUILDER_ASSETS'] ?? '', 'kubectl');
  const through = (kubeconfig: string, url: string): ((command: Command) => Promise<string>) => {
    const cacheDirectory = join(directory, url.replaceAll(/\W/gu, '-'));
    return async ({args, stdin = '', editor}) => {
      const env = editor === undefined ? {} : {KUBE_EDITOR: editor};
      return comparable(await runKubectl(program, ['--kubeconfig', kubeconfig, ...args], {stdin, cacheDirectory, env}), url);
    };
  };
  const [onReal, onSandbox] = [through(cluster.kubeconfig, cluster.url), through(file, sandbox.credentials.url)];
  for (const on of [onReal, onSandbox]) {
    await on(kubectl('apply -f -', JSON.stringify(renderCrd())));
    await eventually('the kind is served', async () => (await on(kubectl('get rsg'))).startsWith('exit code 0'));
  }
  return {
    same: async (command) => {
      const [real, ours] = await Promise.all([onReal(command), onSandbox(command)]);
      assert.equal(ours, real);
    },
    configs: [cluster.kubeconfig, file].map((name) => {
      const config = new KubeConfig();
      config.loadFromFile(name);
      return config;
    }),
    stop: async () => {
      await Promise.all([cluster.stop(), sandbox.stop()]);
      await rm(directory, {recursive: true, force: true});
    },
  };
}

const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';

/** Exit code and output. Hashes, drawn names, ages, versions, and how often somebody had to wait are different each time. */
function comparable({code, stdout, stderr}: Outcome, url: string): string {
  const text = `exit code ${String(code)}\n${stdout}\n${stderr}`
    .replaceAll(url, 'URL')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, 'UID')
    .replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/gu, 'TIME')
    .replaceAll(/\w{3}, \d\d \w{3} 20\d\d [\d:]+ [+-]\d{4}/gu, 'TIME')
    .replaceAll(/(resource ?version"?):\s*"?\d+"?/giu, '$1: RV')
    .replaceAll(/patch: Invalid value: ("|map)\{?.*(\}"|\]"): /gu, 'patch: Invalid value: OBJECT: ')
    .replaceAll(/\((x\d+ over [^)]*)\)/gu, '')
    .replaceAll(/\b(\d+m)?\d+s\b/gu, 'AGE')
    .replaceAll(/10\.96\.\d+\.\d+/gu, 'CLUSTER-IP')
    .replaceAll(/\bnode-\d\/[\d.]+/gu, 'NODE')
    .replaceAll(/127\.(6[4-9]|7\d)\.\d+\.\d+/gu, 'POD-IP')
    .replaceAll(/\bnode-\d\b/gu, 'NODE')
    .replaceAll(new RegExp(`kube-api-access-${RANDOM}{5}`, 'gu'), 'kube-api-access')
    .replaceAll(new RegExp(`-${RANDOM}{7,10}-${RANDOM}{5}\\b`, 'gu'), '-HASH-NAME')
    .replaceAll(new RegExp(`(prefill|decode)-${RANDOM}{7,10}\\b`, 'gu'), '$1-HASH')
    .replaceAll(new RegExp(`(-hash[=:] ?)"?${RANDOM}{7,10}\\b"?`, 'gu'), '$1HASH')
    .replaceAll(/kubectl-edit-\d+/gu, 'kubectl-edit')
    .replaceAll(/^Waiting for .*\n/gmu, '')
    .replaceAll(/ +/gu, ' ')
    .replaceAll(/ +$/gmu, '');
  return sortedEvents(text);
}

/** At the end of `describe`: those of one second come in any order. */
function sortedEvents(text: string): string {
  const [before = '', events] = text.split(/(?<=^Events:.*\n.*\n.*----.*\n)/mu);
  return events === undefined ? text : before + events.split('\n').sort().join('\n');
}
