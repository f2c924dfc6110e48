/**
 * One sample line of an exposition, read strictly: labels, value, timestamp, exemplar. Whatever does not fit throws `BrokenLine`; nothing
 * of such a line is used. Text is one character per byte (latin1), so that positions are cheap; values are decoded from UTF-8 here.
 */

export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  /** Milliseconds since the epoch, where the line carries one. */
  readonly timestampMs?: number;
}

/** Why a line cannot be read, in words that follow "line 12: ". */
export class BrokenLine extends Error {
  override readonly name = 'BrokenLine';
}

interface Cursor {
  readonly text: string;
  at: number;
  /** Position of the line's end. */
  readonly end: number;
}

export interface LinePlace {
  readonly text: string;
  /** The line without its name: from the end of the name to the end of the line. */
  readonly from: number;
  readonly end: number;
  readonly openMetrics: boolean;
}

const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;
const SPECIAL = /^([+-]?)(?:inf|infinity|(nan))$/iu;
const INTEGER = /^-?\d{1,16}$/u;
const NO_LABELS: ReadonlyMap<string, string> = new Map();

/** The sample of a line whose name has been read already. */
export function readSample(name: string, {text, from, end, openMetrics}: LinePlace): Sample {
  const cursor: Cursor = {text, at: from, end};
  skipBlanks(cursor);
  const labels = text[cursor.at] === '{' && cursor.at < end ? readLabels(cursor) : NO_LABELS;
  skipBlanks(cursor);
  const value = readValue(word(cursor));
  skipBlanks(cursor);
  const timestampMs = readTimestamp(cursor, openMetrics);
  skipBlanks(cursor);
  if (openMetrics && cursor.at < end) readExemplar(cursor);
  if (cursor.at < end) throw new BrokenLine(`unexpected ${quoted(text.slice(cursor.at, end))} after the value`);
  return timestampMs === undefined ? {name, labels, value} : {name, labels, value, timestampMs};
}

function skipBlanks(cursor: Cursor): void {
  while (cursor.at < cursor.end && isBlank(cursor.text.charCodeAt(cursor.at))) cursor.at += 1;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** Up to the next blank. */
function word(cursor: Cursor): string {
  const start = cursor.at;
  while (cursor.at < cursor.end && !isBlank(cursor.text.charCodeAt(cursor.at))) cursor.at += 1;
  return cursor.text.slice(start, cursor.at);
}

function readValue(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  const special = SPECIAL.exec(text);
  if (special === null) throw new BrokenLine(text === '' ? 'the value is missing' : `${quoted(text)} is not a number`);
  if (special[2] !== undefined) return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Whole milliseconds, or in OpenMetrics seconds. */
function readTimestamp(cursor: Cursor, openMetrics: boolean): number | undefined {
  if (cursor.at >= cursor.end || cursor.text[cursor.at] === '#') return undefined;
  const text = word(cursor);
  if (openMetrics ? DECIMAL.test(text) : INTEGER.test(text)) return openMetrics ? Math.round(Number(text) * 1000) : Number(text);
  throw new BrokenLine(`${quoted(text)} is not a timestamp`);
}

function readExemplar(cursor: Cursor): void {
  if (word(cursor) !== '#') throw new BrokenLine('an exemplar must start with #');
  skipBlanks(cursor);
  if (cursor.text[cursor.at] !== '{' || cursor.at >= cursor.end) throw new BrokenLine('an exemplar must have labels');
  readLabels(cursor);
  skipBlanks(cursor);
  readValue(word(cursor));
  skipBlanks(cursor);
  readTimestamp(cursor, true);
  skipBlanks(cursor);
}

/** From the opening brace to after the closing one. */
function readLabels(cursor: Cursor): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  cursor.at += 1;
  for (;;) {
    skipBlanks(cursor);
    if (peek(cursor) === '}') break;
    const name = peek(cursor) === '"' ? readQuoted(cursor) : readLabelName(cursor);
    skipBlanks(cursor);
    expect(cursor, '=');
    skipBlanks(cursor);
    if (labels.has(name)) throw new BrokenLine(`the label ${quoted(name)} appears twice`);
    labels.set(name, readQuoted(cursor));
    skipBlanks(cursor);
    if (peek(cursor) === ',') cursor.at += 1;
    else if (peek(cursor) !== '}') throw new BrokenLine(`a comma or } is missing after the label ${quoted(name)}`);
  }
  cursor.at += 1;
  return labels;
}

function peek(cursor: Cursor): string {
  if (cursor.at >= cursor.end) throw new BrokenLine('the line ends within its labels');
  return cursor.text.charAt(cursor.at);
}

function expect(cursor: Cursor, character: string): void {
  if (peek(cursor) !== character) throw new BrokenLine(`${character} is missing within the labels`);
  cursor.at += 1;
}

function readLabelName(cursor: Cursor): string {
  const start = cursor.at;
  while (cursor.at < cursor.end && isNameCode(cursor.text.charCodeAt(cursor.at), cursor.at > start)) cursor.at += 1;
  if (cursor.at === start) throw new BrokenLine(`${quoted(peek(cursor))} cannot start a label`);
  return cursor.text.slice(start, cursor.at);
}

function isNameCode(code: number, digits: boolean): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || (digits && code >= 0x30 && code <= 0x39);
}

const ESCAPES: Readonly<Record<string, string>> = {'\\': '\\', '"': '"', n: '\n'};

function readQuoted(cursor: Cursor): string {
  expect(cursor, '"');
  const {text, end} = cursor;
  let piece = cursor.at;
  let result = '';
  for (let at = cursor.at; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      cursor.at = at + 1;
      return utf8(result + text.slice(piece, at));
    }
    if (code !== BACKSLASH) continue;
    const escaped = at + 1 < end ? ESCAPES[text.charAt(at + 1)] : undefined;
    if (escaped === undefined) throw new BrokenLine(`${quoted(text.slice(at, Math.min(at + 2, end)))} is not an escape`);
    result += text.slice(piece, at) + escaped;
    at += 1;
    piece = at + 1;
  }
  throw new BrokenLine('a label value does not end');
}

const ASCII = /^[\x00-\x7f]*$/u;

function utf8(latin1: string): string {
  return ASCII.test(latin1) ? latin1 : Buffer.from(latin1, 'latin1').toString('utf8');
}

/** At most 40 characters of what somebody else wrote, safe to show. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
