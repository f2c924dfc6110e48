/** The package as it is published, from `dist`: what is in it, and that it works from there under each of its names. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {z} from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const manifestSchema = z.object({
  version: z.string(),
  bin: z.record(z.string(), z.string()),
  engines: z.object({node: z.string()}),
  dependencies: z.record(z.string(), z.string()).default({}),
});
const manifestOf = (folder: string): z.output<typeof manifestSchema> =>
  manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));

describe('the packed file', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'rsg-pack-'));
  const installed = join(scratch, 'lib/node_modules/resource-scaling-group');
  after(() => {
    rmSync(scratch, {recursive: true, force: true});
  });
  const npm = (...args: string[]): string => {
    const env = {...process.env, npm_config_update_notifier: 'false'};
    const {stdout, stderr, status} = spawnSync('npm', [...args, '--silent'], {cwd: ROOT, encoding: 'utf8', env});
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const run = (program: string, ...args: string[]): ReturnType<typeof spawnSync> & {stdout: string; stderr: string} =>
    spawnSync(process.execPath, [join(scratch, 'bin', program), ...args], {encoding: 'utf8', cwd: scratch, env: {HOME: scratch}});
  before(() => {
    npm('run', 'build');
    const file = npm('pack', './dist', '--pack-destination', scratch);
    // Without the network: there is nothing to fetch.
    npm('install', '--global', '--offline', '--prefix', scratch, join(scratch, file));
  });

  test('holds the bundle, its source map, licences, the demo’s traffic, and nothing of the sources', () => {
    const files = ['LICENSE', 'README.md', 'data', 'package.json', 'rsg.mjs', 'rsg.mjs.LEGAL.txt', 'rsg.mjs.map'];
    assert.deepEqual(readdirSync(installed).sort(), files);
  });
  test('brings no other package along, and asks for the Node that runs it', () => {
    const {dependencies, engines} = manifestOf(installed);
    assert.deepEqual([dependencies, engines.node], [{}, '>=22.19']);
    assert.deepEqual(readdirSync(join(scratch, 'lib/node_modules')), ['resource-scaling-group']);
    assert.ok(!existsSync(join(installed, 'node_modules')));
  });
  test('rsg works without anything else installed', () => {
    assert.equal(run('rsg', 'version').stdout, `${manifestOf(installed).version}\n`);
    assert.match(run('rsg', 'crd').stdout, /^kind: CustomResourceDefinition$/mu);
    assert.equal(run('rsg', 'controller', '--no-such-flag').status, 2);
  });
  test('an older Node is told, and what is needed', () => {
    const older = 'data:text/javascript,Object.defineProperty(process.versions, "node", {value: "20.19.0"})';
    const {stderr, status} = spawnSync(process.execPath, ['--import', older, join(scratch, 'bin/rsg'), 'version'], {encoding: 'utf8'});
    assert.deepEqual([status, stderr], [1, 'rsg needs Node 22.19 or newer; this is 20.19.0\n']);
  });
  test('kubectl-rsg is the plugin', () => {
    assert.match(run('kubectl-rsg', '--help').stdout, /^Usage: kubectl rsg COMMAND/u);
    const failed = run('kubectl-rsg', 'status', '--kubeconfig', '/does/not/exist');
    assert.equal(failed.status, 2);
    assert.match(failed.stderr, /the kubeconfig cannot be read/u);
  });
  test('kubectl_complete-rsg answers what kubectl asks', () => {
    assert.equal(run('kubectl_complete-rsg', 'dr').stdout, 'drain\n:4\n');
  });
  test('what npm pack makes of the checkout itself holds the same program', () => {
    const file = npm('pack', '--ignore-scripts', '--pack-destination', scratch);
    const {stdout} = spawnSync('tar', ['tzf', join(scratch, file)], {encoding: 'utf8'});
    const entries = new Set(stdout.split('\n'));
    for (const name of ['rsg.mjs', 'rsg.mjs.map', 'rsg.mjs.LEGAL.txt', 'data/azure-llm-conv-10s.csv'])
      assert.ok(entries.has(`package/dist/${name}`), name);
    for (const target of Object.values(manifestOf(ROOT).bin)) assert.ok(entries.has(`package/${target}`), target);
  });
});
