/** The import rules hold, and would fail if they were broken: each is shown a violation. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, test} from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const run = (program: string, ...args: string[]): {status: number | null; stdout: string} => {
  const {status, stdout} = spawnSync(process.execPath, [join(ROOT, 'node_modules', program), ...args], {cwd: ROOT, encoding: 'utf8'});
  return {status, stdout};
};
const depcruise = (): {status: number | null; stdout: string} =>
  run('dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'src');

const PLANTED: readonly [string, string, RegExp][] = [
  ['src/api/planted.ts', "import {createStore} from '../kube/store.ts';\nexport const planted = createStore;\n", /api-knows-nothing/u],
  [
    'src/scale-subresource/planted.ts',
    "import {decide} from '../controller/decide.ts';\nexport const planted = decide;\n",
    /scale-subresource-is-pure/u,
  ],
  ['src/kube/planted.ts', "import {decide} from '../controller/decide.ts';\nexport const planted = decide;\n", /kube-lies-below/u],
  [
    'src/sandbox/planted.ts',
    "import {decide} from '../controller/decide.ts';\nexport const planted = decide;\n",
    /sandbox-knows-api-and-runtime/u,
  ],
  [
    'src/controller/planted.ts',
    "import {runControllerProcess} from '../compose.ts';\nexport const planted = runControllerProcess;\n",
    /only-main-composes/u,
  ],
];

describe('imports point one way', () => {
  test('in the code as it is', () => {
    const {status, stdout} = depcruise();
    assert.equal(status, 0, stdout);
  });
  for (const [file, text, rule] of PLANTED) {
    test(`a violation in ${file} is found`, () => {
      writeFileSync(join(ROOT, file), text);
      try {
        const {status, stdout} = depcruise();
        assert.notEqual(status, 0);
        assert.match(stdout, rule);
      } finally {
        rmSync(join(ROOT, file));
      }
    });
  }
});

test('a pure file that asks the clock or does I/O is found', () => {
  const file = 'src/api/planted.ts';
  writeFileSync(
    join(ROOT, file),
    "import {readFileSync} from 'node:fs';\nexport const planted = (): string => readFileSync('x', 'utf8') + String(Date.now());\n",
  );
  try {
    const {status, stdout} = run('eslint/bin/eslint.js', file);
    assert.notEqual(status, 0);
    assert.match(stdout, /A pure file does no I\/O/u);
    assert.match(stdout, /take a Clock/u);
  } finally {
    rmSync(join(ROOT, file));
  }
});
