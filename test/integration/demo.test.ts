/** `npm run demo` as it is started, on the sandbox, without a terminal: it begins, shows what happens, and ends in order. */
import assert from 'node:assert/strict';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {ProcessGroup, signal} from '../support/processes.ts';
import {eventually} from '../support/wait.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/demo.mjs');

test('the demo shows groups that come, and leaves nothing behind when it is interrupted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rsg-demo-test-'));
  const logFile = join(directory, 'log');
  const processes = new ProcessGroup();
  try {
    const {pid, exit} = processes.start('demo', [process.execPath, SCRIPT], {
      cwd: directory,
      logFile,
      env: {...process.env, TMPDIR: directory},
    });
    const output = (): Promise<string> => readFile(logFile, 'utf8');
    await eventually('a second group is available', async () => (await output()).includes('group1 is Available'), {timeoutMs: 60_000});
    signal(pid, 'SIGTERM');
    assert.equal(await exit, '1');
    const lines = await output();
    // How many groups the first load asks for depends on when the HPA looks.
    for (const line of ['1 group is wanted', 'group0 is Available', '[2-9] groups are wanted', 'group1 is Creating'])
      assert.match(lines, new RegExp(line, 'u'));
    assert.match(lines, /^stopped before the end: nothing was checked$/mu);
    assert.deepEqual(await readdir(directory), ['log']);
  } finally {
    await processes.stop();
    await rm(directory, {recursive: true, force: true});
  }
});
