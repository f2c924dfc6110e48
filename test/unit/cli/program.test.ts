/** The command line without a cluster: mistakes, help, completion, colour. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {COMMANDS} from '../../../src/cli/commands.ts';
import {wishFor} from '../../../src/cli/completion.ts';
import {age, cell, painter, table} from '../../../src/cli/render.ts';
import {pluginInvocation} from '../../../src/cli/terminal.ts';
import {rsg} from '../../support/cli.ts';

describe('a wrong command line ends with 2 and says what is wrong', () => {
  const ROWS: readonly [string, string[], RegExp][] = [
    ['a command that does not exist', ['statsu'], /statsu: no such command/u],
    ['a flag that does not exist', ['plan', 'llama', '--replica', '3'], /--replica: no such flag/u],
    ['a flag without its value', ['plan', 'llama', '--replicas'], /--replicas needs a value: N/u],
    ['a format that does not exist', ['status', '-o', 'wide'], /-o wide: must be one of text, json, yaml/u],
    ['too few names', ['drain', 'llama'], /usage: drain NAME GROUP/u],
    ['too many names', ['why', 'a', 'b'], /usage: why NAME/u],
    ['a value where none belongs', ['status', '--watch=yes'], /--watch takes no value/u],
    ['a shell that is not known', ['completion', 'tcsh'], /tcsh: must be one of bash, zsh, fish/u],
    ['a kubeconfig that is not there', ['status', '--kubeconfig', '/does/not/exist'], /the kubeconfig cannot be read/u],
  ];
  for (const [what, args, message] of ROWS) {
    test(what, async () => {
      const {out, err, code} = await rsg(args);
      assert.equal(code, 2);
      assert.match(err, message);
      assert.equal(out, '');
    });
  }
  test('several mistakes are told at once', async () => {
    const {err} = await rsg(['plan', '--foo', '--replicas']);
    assert.equal(err.match(/^error: /gmu)?.length, 3);
  });
});

describe('help', () => {
  test('names every command', async () => {
    const {out, code} = await rsg(['--help']);
    assert.equal(code, 0);
    for (const name of Object.keys(COMMANDS)) assert.match(out, new RegExp(`^  ${name} `, 'mu'));
  });
  for (const name of Object.keys(COMMANDS)) {
    test(`of ${name} names its flags and does not need its arguments`, async () => {
      const {out, code} = await rsg([name, '--help']);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^Usage: kubectl rsg ${name}`, 'u'));
    });
  }
});

describe('completion', () => {
  const words = (line: string): unknown => wishFor(line.split(' '));
  const ROWS: readonly [string, unknown][] = [
    ['sta', {kind: 'words', words: ['status']}],
    ['status ', {kind: 'rsg'}],
    ['status llama ', {kind: 'words', words: []}],
    ['drain llama ', {kind: 'group'}],
    ['drain -n ns llama ', {kind: 'group'}],
    ['status -n ', {kind: 'namespace'}],
    ['plan llama --rep', {kind: 'words', words: ['--replicas']}],
    ['why llama -o ', {kind: 'words', words: ['text', 'json', 'yaml']}],
    ['adopt deployment/a ', {kind: 'workload'}],
    ['completion z', {kind: 'words', words: ['zsh']}],
  ];
  for (const [line, wish] of ROWS)
    test(`of "${line}"`, () => {
      assert.deepEqual(words(line), wish);
    });

  test('without a cluster answers nothing instead of failing', async () => {
    const {out, err, code} = await rsg(['__complete', 'status', '--kubeconfig', '/does/not/exist', '']);
    assert.deepEqual({out, err, code}, {out: ':4\n', err: '', code: 0});
  });
});

test('the names under which it is the plugin', () => {
  assert.deepEqual(pluginInvocation('/usr/bin/kubectl-rsg', ['why']), {program: 'kubectl rsg', argv: ['why']});
  assert.deepEqual(pluginInvocation('/usr/bin/kubectl_complete-rsg', ['w']), {program: 'kubectl rsg', argv: ['__complete', 'w']});
  assert.equal(pluginInvocation('/app/rsg.mjs', ['why']), undefined);
});

describe('text', () => {
  test('columns line up, and nothing trails', () => {
    const text = table(
      ['A', 'BB', 'C'],
      [
        [cell('long one'), cell(2), cell('')],
        [cell(1), cell(''), cell('end')],
      ],
      (one) => one,
    );
    assert.equal(text, 'A          BB   C\nlong one   2\n1               end\n');
  });
  test('colour is for terminals, and NO_COLOR turns it off', () => {
    assert.equal(painter({isTTY: true}, {})('x', 'bad'), '\u{1b}[31mx\u{1b}[0m');
    for (const [isTTY, env] of [
      [false, {}],
      [true, {NO_COLOR: '1'}],
      [true, {TERM: 'dumb'}],
    ] as const)
      assert.equal(painter({isTTY}, env)('x', 'bad'), 'x');
  });
  const AGES: readonly [number, string][] = [
    [0, '0s'],
    [59_000, '59s'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [100 * 60_000, '1h40m'],
    [40 * 86_400_000, '40d'],
    [90_000_000, '1d1h'],
  ];
  for (const [ms, text] of AGES)
    test(`${String(ms)} ms is ${text}`, () => {
      assert.equal(age(ms), text);
    });
});
