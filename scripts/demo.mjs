#!/usr/bin/env node
/**
 * `npm run demo`: installs what is missing, then runs the demo with the Node that the project brings along. Plain JavaScript, since it has
 * to start on the oldest Node that can install the newer one.
 */
import {spawn, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST = 20;
/** The first that runs TypeScript as written. */
const TYPES = [22, 18];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST) {
  console.error(
    `The demo needs Node ${OLDEST} or newer; this is ${process.version}. Install a current one from https://nodejs.org and run it again.`,
  );
  process.exit(1);
}
if (!existsSync(join(root, 'node_modules/fastify'))) {
  console.log('Installing what the demo needs (npm ci) …');
  const installed = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {cwd: root, stdio: 'inherit', shell: process.platform === 'win32'});
  if (installed.status !== 0) process.exit(installed.status ?? 1);
}
const bundled = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
const runsTypes = major > TYPES[0] || (major === TYPES[0] && minor >= TYPES[1]);
if (!existsSync(bundled) && !runsTypes) {
  console.error(
    `node_modules has no Node of its own, and ${process.version} does not run TypeScript. Either run "npm ci" again (its install`,
  );
  console.error(`script for the package "node" must be allowed), or start the demo with Node ${TYPES.join('.')} or newer.`);
  process.exit(1);
}
const node = existsSync(bundled) ? bundled : process.execPath;
const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, 'src/main.ts'), 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to both; the demo ends in order, and this waits for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));
