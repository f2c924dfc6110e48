/** A forecast in words. Pure. */
import type {Forecast, Step} from './forecast.ts';
import {age, cell, table, type Paint, type Tone} from './render.ts';

const TONES: Readonly<Record<Step['do'], Tone>> = {
  create: 'good',
  restore: 'good',
  repair: 'warn',
  remove: 'bad',
  park: 'bad',
  'take back': 'warn',
};

export function planText(name: string, told: Forecast, paint: Paint): string {
  const {from, to, wanted, ratio, steps, kept, held} = told;
  const lines = [`${paint(name, 'bold')}: ${groups(from)}${ratio === '' ? '' : ` of ${ratio}`} now, ${String(wanted)} wanted\n`];
  if (kept.length > 0)
    lines.push(`${kept.join(', ')} ${kept.length === 1 ? 'stays: its drain is' : 'stay: their drains are'} cancelled.\n`);
  if (steps.length === 0) lines.push('Nothing would be created or removed.\n');
  else {
    const rows = steps.map((step) => [
      cell(step.afterMs === 0 ? 'now' : `after ${age(step.afterMs)}`),
      cell(step.do, TONES[step.do]),
      cell(step.group),
      cell(step.objects.join(', ')),
      cell(step.reason, 'dim'),
    ]);
    lines.push(table(['WHEN', 'WHAT', 'GROUP', 'OBJECTS', 'WHY'], rows, paint));
  }
  if (held.length === 0) lines.push(`Then: ${groups(to)}.\n`);
  else lines.push(`${paint(`Not reached: it ends at ${groups(to)}.`, 'bad')}\n${held.map((reason) => `  ${reason}\n`).join('')}`);
  return lines.join('\n');
}

export function groups(count: number): string {
  return `${String(count)} ${count === 1 ? 'group' : 'groups'}`;
}
