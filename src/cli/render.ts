/** Text for terminals: aligned tables, trees, colour where it is wanted. Pure. */
import {stringify} from 'yaml';

export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'bold' | 'plain';
export interface Cell {
  readonly text: string;
  readonly tone: Tone;
}
export type Paint = (text: string, tone: Tone) => string;

const CODES: Readonly<Record<Exclude<Tone, 'plain'>, string>> = {good: '32', bad: '31', warn: '33', dim: '2', bold: '1'};

/** Colour only on a terminal, never with `NO_COLOR` (no-color.org) or a dumb one. */
export function painter(output: {readonly isTTY?: boolean}, env: Readonly<Record<string, string | undefined>>): Paint {
  const on = output.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return (text, tone) => (on && tone !== 'plain' && text !== '' ? `\u{1b}[${CODES[tone]}m${text}\u{1b}[0m` : text);
}

export function cell(text: string | number, tone: Tone = 'plain'): Cell {
  return {text: String(text), tone};
}

/** Columns as wide as their widest cell, three spaces apart, as kubectl prints them; no trailing space. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const all = [header.map((title) => cell(title, 'bold')), ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column]?.text ?? ''))));
  const line = (row: readonly Cell[]): string => {
    const last = row.findLastIndex(({text}) => text !== '');
    const cells = row.slice(0, last + 1);
    return cells
      .map(({text, tone}, at) => paint(text, tone) + (at === last ? '' : ' '.repeat((widths[at] ?? 0) - width(text) + 3)))
      .join('');
  };
  return `${all.map(line).join('\n')}\n`;
}

/** What is shown is ASCII and single-width signs, each one UTF-16 unit. */
const width = (text: string): number => text.length;

/** `3d4h`, `12m`, `8s`: what kubectl shows as age. `ms` is a duration in milliseconds. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'm'],
    [1, 's'],
  ];
  const at = units.findIndex(([size]) => seconds >= size);
  if (at < 0) return '0s';
  const [size = 1, unit = 's'] = units[at] ?? [];
  const [smaller = 1, smallUnit = ''] = units[at + 1] ?? [];
  const whole = Math.floor(seconds / size);
  const rest = Math.floor((seconds % size) / smaller);
  return whole < 10 && rest > 0 && smallUnit !== '' ? `${String(whole)}${unit}${String(rest)}${smallUnit}` : `${String(whole)}${unit}`;
}

/** The report itself, for programs. */
export function structured(report: unknown, format: string): string {
  return format === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : stringify(report);
}
