/** What the guides name is there: commands with their flags, chart values, fields, metrics, conditions and reasons, pages and headings. */
import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, test} from 'node:test';
import {z} from 'zod';
import {renderCrd} from '../../../src/api/crd.ts';
import {CONDITIONS} from '../../../src/api/conditions.ts';
import {readArguments} from '../../../src/cli/arguments.ts';
import {COMMANDS, isCommand} from '../../../src/cli/commands.ts';
import {FLAGS, readConfig, type Role} from '../../../src/config.ts';
import {METRIC_NAMES} from '../../../src/metrics-adapter/query.ts';
import {readCode} from '../../support/code-facts.ts';
import {allPages, commandsOf, type Page} from '../../support/markdown.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Pages that are made from the code name what it has; decisions and figures also name what it had. */
const PAGES = allPages().filter(({path}) => !/^docs\/(?:reference|adr)\//u.test(path));

describe('every command in the documentation is one', () => {
  for (const page of PAGES) {
    const commands = commandsOf(page).filter((line) => /^(?:kubectl )?rsg /u.test(line));
    if (commands.length > 0)
      test(page.path, () => {
        for (const line of commands) assert.equal(mistakeIn(line), undefined, line);
      });
  }

  function mistakeIn(line: string): string | undefined {
    const [name = '', ...args] = line
      .replace(/^kubectl /u, '')
      .split(/\s+/u)
      .slice(1);
    if (isRole(name)) {
      const read = readConfig(FLAGS[name], args, {});
      return 'mistakes' in read ? read.mistakes.join('; ') : undefined;
    }
    if (!isCommand(name)) return ['crd', 'demo'].includes(name) ? undefined : `${name}: no such command`;
    // Named alone it is spoken of, not shown.
    if (args.length > 0) readArguments(name, args);
    return undefined;
  }
});

const isRole = (name: string): name is Role => Object.hasOwn(FLAGS, name);

const OTHERS_FLAGS = ['--take-ownership', '--reset-values', '--no-hooks', '--build-arg', '--enable-metrics'];

test('every flag that is named alone is one of the program, or known to be of another', () => {
  const ours = [...Object.values(FLAGS).flatMap(({shape}) => Object.keys(shape)), ...Object.values(COMMANDS).flatMap(flagsOf)];
  const known = new Set([...ours.map((name) => `--${name}`), ...OTHERS_FLAGS]);
  assert.deepEqual(
    named(/^(?<name>--[-a-z]+)/u).filter(([, flag]) => !known.has(flag)),
    [],
  );
});

const flagsOf = ({flags}: {readonly flags: object}): string[] => Object.keys(flags);

/** What pages name in backticks in this form, with the page. */
function named(form: RegExp): [string, string][] {
  return PAGES.flatMap(({path, words}) =>
    words.flatMap((word): [string, string][] => {
      const name = form.exec(word)?.groups?.['name'];
      return name === undefined ? [] : [[path, name]];
    }),
  );
}

const nodeSchema = z.looseObject({
  type: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
});

/** Whether a JSON schema has this path: `scaleIn.drain.timeoutSeconds`. Below an object of no known form anything may be, below a scalar nothing. */
function has(schema: unknown, [name, ...rest]: readonly string[]): boolean {
  const {type, properties, items, additionalProperties} = nodeSchema.parse(schema ?? {});
  if (name === undefined) return true;
  if (items !== undefined) return has(items, [name, ...rest]);
  if (properties === undefined) return type === 'object' && additionalProperties !== false;
  return Object.hasOwn(properties, name) && has(properties[name], rest);
}

describe('every path of a field or a value leads somewhere', () => {
  const values: unknown = JSON.parse(readFileSync(join(ROOT, 'charts/resource-scaling-group/values.schema.json'), 'utf8'));
  const crd = z
    .looseObject({spec: z.looseObject({versions: z.array(z.looseObject({schema: z.looseObject({openAPIV3Schema: nodeSchema})}))})})
    .parse(renderCrd());
  const resource = crd.spec.versions[0]?.schema.openAPIV3Schema;
  const spec = resource?.properties?.['spec'];
  /** Of an HPA, a file, a DNS name. */
  const FOREIGN = /^(?:behavior\.|leaderworkerset\.|(?:external|custom)\.metrics\.k8s\.io$|ca\.crt$|.*\.(?:yaml|ts)$)/u;

  test('of the resource, or of the chart', () => {
    const paths = named(/^(?<name>[a-z][A-Za-z]*(?:\.[A-Za-z]+)+)(?=$|=|: )/u).filter(([, path]) => !FOREIGN.test(path));
    assert.ok(paths.length > 20, 'the documentation names paths');
    const leads = (path: string): boolean => {
      const parts = path.split('.');
      return has(resource, parts) || has(spec, parts) || has(values, parts);
    };
    assert.deepEqual(
      paths.filter(([, path]) => !leads(path)),
      [],
    );
  });
  test('of values that helm is given', () => {
    const given = PAGES.flatMap(({path, blocks, words}) =>
      [...blocks.map(({text}) => text), ...words]
        .flatMap((text) => [...text.matchAll(/--set (?<name>[A-Za-z.]+)=|^(?<alone>[a-z][A-Za-z]*)=/gu)])
        .map(({groups = {}}): [string, string] => [path, groups['name'] ?? groups['alone'] ?? '']),
    );
    assert.ok(given.length > 3);
    assert.deepEqual(
      given.filter(([, name]) => !has(values, name.split('.'))),
      [],
    );
  });
});

describe('what the code says of itself', () => {
  const facts = readCode();

  test('every metric is one', () => {
    const known = new Set([...facts.metrics.map(({name}) => name), ...METRIC_NAMES]);
    const found = PAGES.flatMap(({path, text}) => [...text.matchAll(/\brsg_[a-z_]+/gu)].map(([name]): [string, string] => [path, name]));
    assert.ok(found.length > 10);
    assert.deepEqual(
      found.filter(([, name]) => !known.has(name)),
      [],
    );
  });
  test('every condition, reason and event is one, or known to be of Kubernetes', () => {
    const FOREIGN = ['AverageValue', 'Value', 'Pods', 'HPAScaleToZero', 'ScalingActive'];
    const reasons = [...facts.conditions, ...facts.events, ...facts.reasons].map(({reason}) => reason);
    const known = new Set<string>([...CONDITIONS, ...reasons, ...FOREIGN]);
    const found = named(/^(?<name>(?:[A-Z][a-z]+){1,5})(?:=(?:True|False))?$/u);
    assert.ok(found.length > 5);
    assert.deepEqual(
      found.filter(([, name]) => !known.has(name)),
      [],
    );
  });
});

describe('every link leads to a page that is there, and to a heading of it', () => {
  for (const page of allPages())
    test(page.path, () => {
      for (const [link, file, anchor] of linksOf(page)) {
        assert.ok(existsSync(join(ROOT, file)), link);
        if (anchor !== undefined) assert.ok(headingsOf(file).includes(anchor), link);
      }
    });

  function linksOf({path, text}: Page): [string, string, string | undefined][] {
    return [...text.matchAll(/\]\((?<link>[^)\s]+)\)/gu)].flatMap(({groups = {}}): [string, string, string | undefined][] => {
      const link = groups['link'] ?? '';
      if (/^[a-z]+:/u.test(link)) return [];
      const [file = '', anchor] = link.split('#');
      return [[link, file === '' ? path : join(dirname(path), file), anchor]];
    });
  }

  function headingsOf(file: string): string[] {
    const titles = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^#+ (?<title>.+)$/gmu)];
    return titles.map(({groups = {}}) =>
      (groups['title'] ?? '')
        .toLowerCase()
        .replaceAll(/[^-\w ]/gu, '')
        .replaceAll(' ', '-'),
    );
  }
});
