/**
 * `npm run bench`: the table of all benches with a reference in the same run, one after the other, each in a process of its own, in about
 * five minutes. Then the sizes that have no reference but a plain list, for a thousand RSGs, in about four more.
 */
import {spawnSync} from 'node:child_process';
import {cpus} from 'node:os';
import {join} from 'node:path';
import {HEADER, say} from './figures.ts';

const WITH_REFERENCE = ['scan', 'client', 'start-up', 'create', 'scale-out', 'answers', 'external'];
const BESIDE = ['scale'];

function run(bench: string): boolean {
  const {status} = spawnSync(process.execPath, [join(import.meta.dirname, `${bench}.ts`)], {stdio: ['ignore', 'inherit', 'inherit']});
  if (status !== 0) say(`${bench} ended with ${String(status)}`);
  return status === 0;
}

say(`${new Date().toISOString().slice(0, 10)}, ${String(cpus().length)} cores, Node ${process.version}\n\n${HEADER}`);
const ended = WITH_REFERENCE.map(run);
say('');
if (![...ended, ...BESIDE.map(run)].every(Boolean)) process.exitCode = 1;
