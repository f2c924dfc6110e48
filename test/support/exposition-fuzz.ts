/**
 * Mutated scrapes against the scanner. What it must hold: it never throws, takes time in proportion to the input, and every number it
 * gives stands on a line that a plain regular expression reads the same way.
 */
import {nameFilter, scanExposition} from '../../src/metrics-adapter/exposition.ts';

/** A small generator of chance, so that a failing input can be made again from its seed. */
export function chance(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const PIECES = [
  '{',
  '}',
  '"',
  '\\',
  '\n',
  '\n\n',
  ',',
  '=',
  ' ',
  '\t',
  '#',
  '# EOF\n',
  'NaN',
  '+Inf',
  '1e999',
  '\u0000',
  '\r',
  'é',
  '{"',
  '9'.repeat(40),
];
const names = nameFilter(['queue', 'engine:running', 'ttft_bucket']);

const SEEDS = [
  '# TYPE queue gauge\nqueue{engine="0",model="m"} 3.0\nqueue{engine="1",model="m"} 4.0\nother_total 12\n',
  '# HELP ttft seconds\nttft_bucket{le="0.1"} 1\nttft_bucket{le="+Inf"} 3 # {trace="x"} 0.2 1700000000.1\n# EOF\n',
  'engine:running 7 1700000000000\nqueue NaN\n{"utf8.name",a="b"} 1\n',
];

export function mutated(random: () => number): Buffer {
  const pick = (limit: number): number => Math.floor(random() * limit);
  if (random() < 0.1) return Buffer.from(Array.from({length: pick(200)}, () => pick(256)));
  let text = SEEDS[pick(SEEDS.length)] ?? '';
  for (let turn = pick(6); turn >= 0; turn -= 1) {
    const at = pick(text.length + 1);
    const choice = random();
    if (choice < 0.4) text = text.slice(0, at) + (PIECES[pick(PIECES.length)] ?? '') + text.slice(at);
    else if (choice < 0.7) text = text.slice(0, at) + text.slice(at + 1 + pick(8));
    else if (choice < 0.85) text = text.slice(0, at);
    else text += text.slice(at);
  }
  return Buffer.from(text);
}

const SPECIAL: Readonly<Record<string, number>> = {nan: Number.NaN, inf: Infinity, '+inf': Infinity, '-inf': -Infinity};

/** The values that stand right after a kept name and its labels, line by line; undefined where a line is none of ours. */
function plainValue(line: string): {name: string; value: number} | undefined {
  const match = /^(queue|engine:running|ttft_bucket)(?=[ \t{])[ \t]*(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]*([^ \t]+)/u.exec(line);
  if (match === null) return undefined;
  const word = (match[2] ?? '').toLowerCase();
  return {name: match[1] ?? '', value: SPECIAL[word.replace('infinity', 'inf')] ?? Number(word)};
}

/** Throws with the input when something does not hold. Answers how many samples were taken. */
export function checkOne(body: Buffer, openMetrics: boolean): number {
  const result = scanExposition(body, {names, openMetrics});
  if ('broken' in result) {
    if (result.broken.line < 0 || result.broken.why === '') throw new Error(`no reason given: ${JSON.stringify(body.toString('latin1'))}`);
    return 0;
  }
  const expected = body
    .toString('latin1')
    .split('\n')
    .flatMap((line) => plainValue(line) ?? []);
  const same =
    expected.length === result.samples.length &&
    result.samples.every(({name, value}, at) => name === expected[at]?.name && Object.is(value + 0, expected[at].value + 0));
  if (!same) throw new Error(`${JSON.stringify(result.samples)} from ${JSON.stringify(body.toString('latin1'))}`);
  return result.samples.length;
}
