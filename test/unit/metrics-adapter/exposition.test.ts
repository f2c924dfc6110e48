import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {nameFilter, scanExposition, type Scan} from '../../../src/metrics-adapter/exposition.ts';
import {bigScrape} from '../../support/exposition-text.ts';

const names = nameFilter(['queue', 'engine:running', 'le_bucket']);

function scan(text: string, openMetrics = false): Scan {
  return scanExposition(Buffer.from(text), {names, openMetrics});
}

/** `name{labels} value @timestamp` of each sample. */
function told(result: Scan): string[] {
  if ('broken' in result) return [`line ${String(result.broken.line)}: ${result.broken.why}`];
  return result.samples.map(({name, labels, value, timestampMs}) => {
    const pairs = [...labels].map(([label, text]) => `${label}=${text}`).join(',');
    return `${name}{${pairs}} ${String(value)}${timestampMs === undefined ? '' : ` @${String(timestampMs)}`}`;
  });
}

const READ: readonly [string, string, readonly string[]][] = [
  ['nothing at all', '', []],
  ['only what is asked for', '# HELP other x\nother 1\nqueue 2\nqueue_other 3\nqueu 4\n', ['queue{} 2']],
  ['labels, blanks and a trailing comma', 'queue{a="1" , b = "2",} \t 3\n', ['queue{a=1,b=2} 3']],
  ['blanks before the labels', 'queue {a="1"} 3\n', ['queue{a=1} 3']],
  ['escapes in label values', 'queue{a="x\\"y\\\\z\\n"} 1\n', ['queue{a=x"y\\z\n} 1']],
  ['braces, commas and hashes within label values', 'queue{a="},{ # b"} 1\n', ['queue{a=},{ # b} 1']],
  ['label values in UTF-8', 'queue{model="模型 é"} 1\n', ['queue{model=模型 é} 1']],
  ['colons in names', 'engine:running{engine="0"} 4.0\n', ['engine:running{engine=0} 4']],
  [
    'NaN and infinities in any case',
    'queue NaN\nqueue +Inf\nqueue -inf\nqueue Inf\n',
    ['queue{} NaN', 'queue{} Infinity', 'queue{} -Infinity', 'queue{} Infinity'],
  ],
  [
    'numbers as programs write them',
    'queue 1e3\nqueue -.5\nqueue 1.\nqueue 1.5E-3\n',
    ['queue{} 1000', 'queue{} -0.5', 'queue{} 1', 'queue{} 0.0015'],
  ],
  ['timestamps in milliseconds', 'queue 1 1700000000123\n', ['queue{} 1 @1700000000123']],
  ['empty and blank lines, and comments of any kind', '\n  \n# just words\n#\nqueue 1\n', ['queue{} 1']],
  ['a quoted (UTF-8) name is left out', '{"queue",a="b"} 1\n{"my.queue"} 2\nqueue 3\n', ['queue{} 3']],
  ['quoted label names', 'queue{"a.b"="c"} 1\n', ['queue{a.b=c} 1']],
  ['a bucket', 'le_bucket{le="+Inf"} 12\n', ['le_bucket{le=+Inf} 12']],
];

const READ_OPEN_METRICS: readonly [string, string, readonly string[]][] = [
  ['timestamps in seconds', 'queue 1 1700000000.5\n# EOF\n', ['queue{} 1 @1700000000500']],
  ['exemplars, which are left out', 'le_bucket{le="1"} 3 # {trace="abc"} 0.5 1700000000.1\n# EOF\n', ['le_bucket{le=1} 3']],
  ['exemplars after a timestamp', 'le_bucket{le="1"} 3 17 # {} 0.5\n# EOF\n', ['le_bucket{le=1} 3 @17000']],
  ['an end without a line break', 'queue 1\n# EOF', ['queue{} 1']],
];

const BROKEN: readonly [string, string, string][] = [
  ['a page of HTML', '<html>\n', 'line 1: "<html>" is not a sample'],
  ['JSON', '[]\n', 'line 1: "[]" is not a sample'],
  ['an answer that was cut off within a number', 'queue 1\nqueue 12', 'line 2: the last line does not end: the answer was cut off'],
  ['a value that is missing', 'queue{a="b"}\n', 'line 1: the value is missing'],
  ['a value that is a word', 'queue many\n', 'line 1: "many" is not a number'],
  ['a value with something behind it', 'queue 1 2 3\n', 'line 1: unexpected "3" after the value'],
  ['a value in hexadecimal', 'queue 0x10\n', 'line 1: "0x10" is not a number'],
  ['two numbers in one', 'queue 1.2.3\n', 'line 1: "1.2.3" is not a number'],
  ['a timestamp that is a word', 'queue 1 now\n', 'line 1: "now" is not a timestamp'],
  ['an exemplar in the text format', 'queue 1 # {a="b"} 1\n', 'line 1: unexpected "# {a=\\"b\\"} 1" after the value'],
  ['labels that do not end', 'queue{a="b" 1\n', 'line 1: a comma or } is missing after the label "a"'],
  ['a label value that does not end', 'queue{a="b} 1\n', 'line 1: a label value does not end'],
  ['a label without quotes', 'queue{a=b} 1\n', 'line 1: " is missing within the labels'],
  ['a label without a name', 'queue{="b"} 1\n', 'line 1: "=" cannot start a label'],
  ['a label that appears twice', 'queue{a="1",a="2"} 1\n', 'line 1: the label "a" appears twice'],
  ['an escape that is none', 'queue{a="\\x"} 1\n', 'line 1: "\\\\x" is not an escape'],
  ['a broken line among those not asked for', 'queue 1\nother\n', 'line 2: "other" is not a sample'],
  ['a page of HTML', '<!doctype html>\n<html>\n', 'line 1: "<!doctype html>" is not a sample'],
  ['bytes of another format', '\u0008\u0001\n', 'line 1: "\\b\\u0001" is not a sample'],
  ['a label of ten million characters', `queue{a="${'x'.repeat(10_000_000)}"} 1\n`, 'line 1: it is longer than 16384 characters'],
  ['a carriage return', 'queue 1\r\n', 'line 1: "1\\r" is not a number'],
];

describe('an exposition is read', () => {
  for (const [what, text, expected] of READ)
    test(what, () => {
      assert.deepEqual(told(scan(text)), expected);
    });
  for (const [what, text, expected] of READ_OPEN_METRICS)
    test(`OpenMetrics: ${what}`, () => {
      assert.deepEqual(told(scan(text, true)), expected);
    });
});

describe('a broken exposition names the line and why, and gives no number', () => {
  for (const [what, text, expected] of BROKEN)
    test(what, () => {
      assert.deepEqual(told(scan(text)), [expected]);
    });
  test('OpenMetrics without its end', () => {
    assert.deepEqual(told(scan('queue 1\n', true)), ['line 1: # EOF is missing: the answer was cut off']);
  });
  test('OpenMetrics with something behind its end', () => {
    assert.deepEqual(told(scan('# EOF\nqueue 1\n', true)), ['line 2: something follows # EOF']);
  });
  test('more series than any engine has', () => {
    const result = scan('queue 1\n'.repeat(50_001));
    assert.deepEqual(told(result), ['line 50001: there are more than 50000 series']);
  });
});

test('of a scrape of 2,700 lines, those asked for', () => {
  const body = Buffer.from(bigScrape({histograms: 97, buckets: 23, gauges: 12}));
  const result = scanExposition(body, {names: nameFilter(['big:gauge_7', 'big:histogram_seconds_96_bucket']), openMetrics: false});
  assert.equal('samples' in result ? result.samples.length : 0, 24);
});
