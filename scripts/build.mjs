#!/usr/bin/env node
/**
 * `npm run build`: the package that is published, in `dist`. One bundle with its source map and the licences of what is in it, and a
 * package.json without dependencies, since everything they give is in the bundle.
 */
import {cpSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
/** The oldest Node that runs the bundle, which is undici's. */
const NODE = '22.19';
/** Some dependencies are CommonJS and ask for Node's own modules as it does; an older Node would fail in the midst of one of them. */
const BANNER = `import {createRequire as requireFor} from 'node:module'; const require = requireFor(import.meta.url);
{ const [major, minor] = process.versions.node.split('.').map(Number), [needed, least] = '${NODE}'.split('.').map(Number);
  if (major < needed || (major === needed && minor < least)) { console.error('rsg needs Node ${NODE} or newer; this is ' + process.versions.node); process.exit(1); } }`;

rmSync(dist, {recursive: true, force: true});
mkdirSync(dist);
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: join(dist, 'rsg.mjs'),
  bundle: true,
  platform: 'node',
  target: `node${NODE}`,
  format: 'esm',
  minifyWhitespace: true,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'linked',
  logLevel: 'warning',
  banner: {js: BANNER},
});

const {name, version, description, keywords, license, bin} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const ownBin = Object.fromEntries(Object.entries(bin).map(([command, file]) => [command, file.replace(/^dist\//u, '')]));
const manifest = {name, version, description, keywords, license, type: 'module', bin: ownBin, engines: {node: `>=${NODE}`}};
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
for (const file of ['LICENSE', 'README.md']) cpSync(join(root, file), join(dist, file));
// The recorded traffic of `rsg demo`, looked for beside the program.
cpSync(join(root, 'src/demo/data'), join(dist, 'data'), {recursive: true});
