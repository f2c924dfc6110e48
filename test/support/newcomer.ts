/**
 * A shell as somebody has it who follows the documentation: in a checkout, with kubectl, helm, kubectl rsg and a kubeconfig. What npm would
 * install is there already (`test/unit/package.test.ts` installs it).
 */
import {spawn} from 'node:child_process';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ControlPlane} from './control-plane.ts';
import {helmProgram} from './helm.ts';
import {outcomeOf, type Outcome} from './outcome.ts';

const ROOT = join(import.meta.dirname, '../..');
const TIMEOUT_SECONDS = '60';

export interface Newcomer {
  /** Where files are written and found: `rsg.yaml`. */
  readonly folder: string;
  run(script: string): Promise<Outcome>;
}

export async function newcomer(cluster: ControlPlane): Promise<Newcomer> {
  const folder = join(cluster.directory, 'checkout');
  const [bin, plugin] = [join(folder, 'bin'), join(folder, 'plugin')];
  for (const directory of [bin, plugin]) await mkdir(directory, {recursive: true});
  for (const name of ['charts', 'examples']) await symlink(join(ROOT, name), join(folder, name));
  await symlink(join(process.env['KUBEBUILDER_ASSETS'] ?? '', 'kubectl'), join(bin, 'kubectl'));
  await symlink(await helmProgram(), join(bin, 'helm'));
  // The name under which it is started makes the program the plugin.
  await symlink(join(ROOT, 'src/main.ts'), join(plugin, 'kubectl-rsg'));
  const program = (name: string, line: string): Promise<void> => writeFile(join(bin, name), `#!/bin/sh\n${line}\n`, {mode: 0o755});
  await program('kubectl-rsg', `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${plugin}/kubectl-rsg' "$@"`);
  await program('npm', 'exit 0');
  const env = {PATH: `${bin}:/usr/bin:/bin`, HOME: folder, KUBECONFIG: cluster.kubeconfig, KUBECACHEDIR: join(folder, 'cache')};
  return {folder, run: (script) => runShell(script, folder, env)};
}

async function runShell(script: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Outcome> {
  // Ends what the script started as well, which would hold the pipes open.
  const child = spawn('timeout', [TIMEOUT_SECONDS, 'sh', '-c', script], {cwd, env, stdio: ['ignore', 'pipe', 'pipe']});
  return await outcomeOf(child);
}
