/** `top [NAME]`: load per group and role, from the metrics adapter. */
import type {Arguments} from './arguments.ts';
import {CliError, EXIT, type ExitCode} from './exit.ts';
import type {Io} from './io.ts';
import {demandSentence, loadSentence, readingCell, readLoad, type Load} from './load.ts';
import {cell, painter, structured, table, type Cell, type Paint} from './render.ts';
import {readRsg, readRsgs, type Session} from './session.ts';

export async function top(args: Arguments, session: Session, io: Io): Promise<ExitCode> {
  const [name] = args.positionals;
  const {client, namespace} = session;
  const all =
    name === undefined ? await readRsgs(client, namespace, (problem) => io.stderr.write(`${problem}\n`)) : [await readRsg(session, name)];
  const measured = all.filter(({spec}) => spec.metrics !== undefined);
  if (measured.length === 0)
    throw new CliError(
      `${name ?? `no RSG in namespace ${namespace}`} has ${name === undefined ? '' : 'no '}spec.metrics, so nothing is measured`,
    );
  const source = {url: args.value('adapter-url'), client, signal: io.signal};
  const loads = await Promise.all(measured.map(async (rsg) => ({name: rsg.metadata.name, load: await readLoad(rsg, source)})));
  const known = loads.flatMap(({name: rsg, load}) => (load === undefined ? [] : [{name: rsg, load}]));
  if (known.length === 0)
    throw new CliError('no metrics adapter answers: is it installed, and may you get services/proxy? --adapter-url names one directly');
  const format = args.value('output') ?? 'text';
  if (format === 'text') io.stdout.write(topText(known, painter(io.stdout, io.env)));
  else io.stdout.write(structured({items: known}, format));
  return EXIT.ok;
}

const SIGNALS = ['queue', 'running', 'kvUsage'] as const;

export function topText(loads: readonly {readonly name: string; readonly load: Load}[], paint: Paint): string {
  const rows = loads.flatMap(({name, load}) =>
    load.groups.flatMap(({id, phase, counted, roles}) =>
      roles.map(({role, utilization, signals}): Cell[] => [
        cell(name),
        cell(id),
        cell(role),
        readingCell(utilization),
        ...SIGNALS.map((signal) => signalCell(signals[signal])),
        cell(counted ? phase : `${phase}, not counted`, counted ? 'plain' : 'dim'),
      ]),
    ),
  );
  const sums = loads.map(
    ({name, load}) => `${paint(name, 'bold')}: ${loadSentence(load)}\n${demand(load)}${levelled(load)}${missing(load, paint)}`,
  );
  return `${table(['RSG', 'GROUP', 'ROLE', 'UTILISATION', 'QUEUE', 'RUNNING', 'KV', 'PHASE'], rows, paint)}\n${sums.join('')}`;
}

function signalCell(value: Load['roles'][number]['signals'][string] | undefined): Cell {
  if (value === undefined) return cell('');
  return 'unknown' in value ? cell('–', 'dim') : cell(Number(value.value.toFixed(2)));
}

function demand(load: Load): string {
  const sentence = demandSentence(load);
  return sentence === undefined ? '' : `  demand: ${sentence}\n`;
}

function levelled({levelledRatio}: Load): string {
  const parts = Object.entries(levelledRatio).map(([role, replicas]) => `${role} ${replicas.toFixed(2)}`);
  return parts.length === 0 ? '' : `  per group, these replicas would be equally busy: ${parts.join(', ')}\n`;
}

function missing({missing: pods}: Load, paint: Paint): string {
  return pods.map(({pod, role, reason}) => `  ${paint('!', 'warn')} ${pod} (${role}): ${reason}\n`).join('');
}
