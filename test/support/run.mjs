#!/usr/bin/env node
/**
 * `npm test`: installs what is missing, then runs the unit, integration and conformance suites and, where KUBEBUILDER_ASSETS names a control plane, the
 * cluster suites. Plain JavaScript, since it has to start on the oldest Node that can install the newer one which runs everything else.
 */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const noSkip = process.env.RSG_NO_SKIP === '1';

if (!existsSync(join(root, 'node_modules/typescript'))) {
  const installed = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {cwd: root, stdio: 'inherit'});
  if (installed.status !== 0) process.exit(installed.status ?? 1);
}
const bundled = join(root, 'node_modules/node/bin/node');
const node = existsSync(bundled) ? bundled : process.execPath;

const scratch = mkdtempSync(join(tmpdir(), 'rsg-test-'));
const totals = {passed: 0, failed: 0, skipped: 0};

function suite(name, args) {
  console.log(`\n— ${name}`);
  const report = join(scratch, `${name}.tap`);
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
  ];
  const run = spawnSync(node, ['--test', ...reporters, ...args], {cwd: root, stdio: 'inherit'});
  const tap = existsSync(report) ? readFileSync(report, 'utf8') : '';
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'mu').exec(tap)?.[1] ?? 0);
  totals.passed += count('pass');
  totals.failed += count('fail') + count('cancelled');
  totals.skipped += count('skipped') + count('todo');
  if (run.status !== 0 && count('fail') + count('cancelled') === 0) totals.failed += 1;
  if (count('tests') === 0) {
    console.error(`${name}: no test ran`);
    totals.failed += 1;
  }
}

suite('unit', ['test/unit/**/*.test.ts']);
// The composed program on the sandbox, with its simulators and through faults.
suite('integration', ['--test-concurrency=1', '--test-timeout=300000', 'test/integration/**/*.test.ts']);
// On the sandbox always, on a real API server where there is one.
suite('conformance', ['--test-concurrency=1', '--test-timeout=300000', 'test/conformance/**/*.test.ts']);
if (process.env.KUBEBUILDER_ASSETS) {
  suite('cluster', ['--test-concurrency=1', '--test-timeout=600000', 'test/cluster/**/*.test.ts']);
  suite('chart', ['--test-concurrency=1', '--test-timeout=600000', 'test/chart/**/*.test.ts']);
} else {
  console.log('\n— cluster: left out, KUBEBUILDER_ASSETS does not name a control plane (CONTRIBUTING.md)');
  if (noSkip) totals.skipped += 1;
}
rmSync(scratch, {recursive: true, force: true});

console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 || (noSkip && totals.skipped > 0) ? 1 : 0);
