/**
 * Reads Prometheus text 0.0.4 and OpenMetrics, keeping only the names asked for. Every line is looked at, but only those kept are taken
 * apart: an engine writes thousands of lines, of which a few dozen matter. A line that breaks the format makes the whole scrape broken,
 * as it does for Prometheus: no number of such a scrape is used.
 */
import {BrokenLine, quoted, readSample, type Sample} from './exposition-line.ts';

export interface ScanOptions {
  readonly names: NameFilter;
  /** By the Content-Type of the answer: OpenMetrics must end with `# EOF`, and may have exemplars and timestamps in seconds. */
  readonly openMetrics: boolean;
}

export type Scan = {readonly samples: readonly Sample[]} | {readonly broken: {readonly line: number; readonly why: string}};

/** Names by a hash that is computed while a line is read, behind a bitmap that turns away almost everything else. */
export interface NameFilter {
  readonly seen: Uint8Array;
  readonly byHash: ReadonlyMap<number, readonly string[]>;
}

/** More series than any engine has: what exceeds it is taken for an attack on this process's memory. */
const MAX_SAMPLES = 50_000;
/** Labels of what is kept are held in memory for every pod. */
const MAX_LINE = 16 * 1024;
const BITMAP = 4096;
const NEWLINE = '\n';
const HASH = 0x23;
const BRACE = 0x7b;

/** 1: may start a name; 2: may go on in one. */
const NAME_CODES = Uint8Array.from({length: 256}, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-zA-Z_:]/u.test(character)) return 3;
  return /[0-9]/u.test(character) ? 2 : 0;
});

export function nameFilter(names: Iterable<string>): NameFilter {
  const seen = new Uint8Array(BITMAP);
  const byHash = new Map<number, string[]>();
  for (const name of new Set(names)) {
    let hash = 0;
    for (let at = 0; at < name.length; at += 1) hash = (Math.imul(hash, 31) + name.charCodeAt(at)) | 0;
    seen[hash & (BITMAP - 1)] = 1;
    byHash.set(hash, [...(byHash.get(hash) ?? []), name]);
  }
  return {seen, byHash};
}

/** Never throws, whatever the bytes are. */
export function scanExposition(body: Buffer, {names, openMetrics}: ScanOptions): Scan {
  const text = body.toString('latin1');
  const samples: Sample[] = [];
  const into = {names, openMetrics, samples};
  let line = 0;
  let ended = false;
  let start = 0;
  try {
    while (start < text.length) {
      line += 1;
      if (ended) throw new BrokenLine('something follows # EOF');
      const end = text.indexOf(NEWLINE, start);
      const first = text.charCodeAt(start);
      if (first === HASH) ended = openMetrics && text.slice(start, end === -1 ? text.length : end) === '# EOF';
      else if (end === -1) throw new BrokenLine('the last line does not end: the answer was cut off');
      else keep(text, start, end, into);
      start = end === -1 ? text.length : end + 1;
    }
    if (openMetrics && !ended) throw new BrokenLine('# EOF is missing: the answer was cut off');
    return {samples};
  } catch (error) {
    if (error instanceof BrokenLine) return {broken: {line, why: error.message}};
    throw error;
  }
}

function keep(text: string, start: number, end: number, into: ScanOptions & {readonly samples: Sample[]}): void {
  const {names, openMetrics, samples} = into;
  const first = text.charCodeAt(start);
  // A quoted name (UTF-8) is none of ours; its line cannot contain a line break, so it can be left out as it is.
  if (first === BRACE || end === start) return;
  if (((NAME_CODES[first] ?? 0) & 1) === 0) {
    if (text.slice(start, end).trim() === '') return;
    throw new BrokenLine(`${quoted(text.slice(start, end))} is not a sample`);
  }
  let hash = 0;
  let at = start;
  for (let code = first; (NAME_CODES[code] ?? 0) !== 0; code = text.charCodeAt(at)) {
    hash = (Math.imul(hash, 31) + code) | 0;
    at += 1;
  }
  const after = text.charCodeAt(at);
  if (after !== BRACE && after !== 0x20 && after !== 0x09) throw new BrokenLine(`${quoted(text.slice(start, end))} is not a sample`);
  if (names.seen[hash & (BITMAP - 1)] === 0) return;
  const name = names.byHash.get(hash)?.find((one) => one.length === at - start && text.startsWith(one, start));
  if (name === undefined) return;
  if (end - start > MAX_LINE) throw new BrokenLine(`it is longer than ${String(MAX_LINE)} characters`);
  if (samples.length >= MAX_SAMPLES) throw new BrokenLine(`there are more than ${String(MAX_SAMPLES)} series`);
  samples.push(readSample(name, {text, from: at, end, openMetrics}));
}
