/** The npm package as it would be published: what is in it, and that it works from there under each of its names. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {z} from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const manifestSchema = z.object({version: z.string(), bin: z.record(z.string(), z.string())});

describe('the packed file', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'rsg-pack-'));
  const unpacked = join(scratch, 'package');
  after(() => {
    rmSync(scratch, {recursive: true, force: true});
  });
  const run = (program: string, ...args: string[]): ReturnType<typeof spawnSync> & {stdout: string; stderr: string} =>
    spawnSync(process.execPath, [join(scratch, program), ...args], {encoding: 'utf8', cwd: scratch, env: {HOME: scratch}});
  before(() => {
    const env = {...process.env, npm_config_update_notifier: 'false'};
    const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', scratch], {cwd: ROOT, encoding: 'utf8', env});
    assert.equal(packed.status, 0, packed.stderr);
    const [file = ''] = readdirSync(scratch).filter((name) => name.endsWith('.tgz'));
    assert.equal(spawnSync('tar', ['xzf', file], {cwd: scratch}).status, 0);
    const {bin} = manifestSchema.parse(JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')));
    // As npm installs them.
    for (const [name, target] of Object.entries(bin)) symlinkSync(join(unpacked, target), join(scratch, name));
  });

  test('holds the bundle, its source map, licences, and nothing of the sources', () => {
    assert.deepEqual(readdirSync(unpacked).sort(), ['LICENSE', 'README.md', 'dist', 'package.json']);
    assert.deepEqual(readdirSync(join(unpacked, 'dist')).sort(), ['rsg.mjs', 'rsg.mjs.LEGAL.txt', 'rsg.mjs.map']);
  });
  test('rsg works without anything else installed', () => {
    const {version} = manifestSchema.parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    assert.equal(run('rsg', 'version').stdout, `${version}\n`);
    assert.match(run('rsg', 'crd').stdout, /^kind: CustomResourceDefinition$/mu);
    assert.equal(run('rsg', 'controller', '--no-such-flag').status, 2);
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
});
