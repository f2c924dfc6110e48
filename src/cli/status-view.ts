/** The status of RSGs as a table, of one as a tree. Pure. */
import type {GroupStatus, MemberStatus, Phase, Rsg} from '../api/schema.ts';
import {explain} from './explain.ts';
import {demandSentence, loadCell, loadSentence, type Load} from './load.ts';
import {age, cell, table, type Cell, type Paint, type Tone} from './render.ts';

const TONES: Readonly<Record<Phase, Tone>> = {
  Available: 'good',
  Creating: 'warn',
  Degraded: 'bad',
  Draining: 'warn',
  Deleting: 'dim',
  Parked: 'dim',
};
const MAX_SCALINGS = 5;
const MAX_NAMED = 8;

export interface View {
  readonly load: Load | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly paint: Paint;
}

export function listText(rsgs: readonly Rsg[], {now, paint}: Omit<View, 'load'>, withNamespace: boolean): string {
  const header = ['NAME', 'DESIRED', 'CURRENT', 'READY', 'AVAILABLE', 'RATIO', 'NEXT-VICTIM', 'AGE', 'ATTENTION'];
  const rows = rsgs.map((rsg) => {
    const {metadata, spec, status} = rsg;
    const problems = explain(rsg, []).findings.filter(({level}) => level === 'problem');
    return [
      ...(withNamespace ? [cell(metadata.namespace)] : []),
      cell(metadata.name),
      ...[spec.replicas, status.replicas ?? 0, status.readyReplicas ?? 0, status.availableReplicas ?? 0].map((count) => cell(count)),
      cell(status.ratio?.observed ?? ''),
      cell(status.plan?.nextVictims?.[0] ?? ''),
      cell(metadata.creationTimestamp === undefined ? '' : age(now - Date.parse(metadata.creationTimestamp))),
      cell(problems.map(({condition}) => condition).join(', '), 'bad'),
    ];
  });
  return table(withNamespace ? ['NAMESPACE', ...header] : header, rows, paint);
}

export function statusText(rsg: Rsg, view: View): string {
  const {paint, load} = view;
  const {metadata, spec, status} = rsg;
  const counts = [
    `${String(spec.replicas)} wanted`,
    `${String(status.replicas ?? 0)} there`,
    `${String(status.readyReplicas ?? 0)} ready`,
    `${String(status.availableReplicas ?? 0)} available`,
    ...some(status.drainingReplicas, 'draining'),
    ...some(status.terminatingReplicas, 'terminating'),
  ];
  const ratio = status.ratio === undefined ? '' : `   ratio ${status.ratio.wanted}`;
  const tree = (status.groups ?? []).flatMap((group) => groupRows(group, view));
  const header = ['GROUP', 'WORKLOAD', 'READY', 'PHASE', 'FOR', ...(load === undefined ? [] : ['LOAD'])];
  return [
    `${paint(`${metadata.namespace}/${metadata.name}`, 'bold')}   ${counts.join(', ')}${ratio}\n`,
    tree.length === 0 ? '' : `\n${table(header, tree, paint)}`,
    (status.omittedGroups ?? 0) > 0 ? `… and ${String(status.omittedGroups)} more groups\n` : '',
    `\n${facts(rsg, view)}`,
  ].join('');
}

/** A scaling of hundreds of groups is still one line. */
function firstOf(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return [...names.slice(0, MAX_NAMED), ...(more > 0 ? [`… ${String(more)} more`] : [])].join(' ');
}

const some = (count: number | undefined, word: string): string[] => ((count ?? 0) > 0 ? [`${String(count)} ${word}`] : []);

function groupRows(group: GroupStatus, {now, load}: View): Cell[][] {
  const {id, origin, phase, since, members} = group;
  const head = [
    cell(id, 'bold'),
    cell(origin === true ? 'the originals' : '', 'dim'),
    cell(''),
    cell(phase, TONES[phase]),
    cell(age(now - Date.parse(since))),
    ...(load === undefined ? [] : [cell('')]),
  ];
  const rows = members.map((member, at) => [
    cell(`${at === members.length - 1 ? '└─' : '├─'} ${member.role}`),
    cell(`${member.kind}/${member.name}`),
    ready(member),
    cell(''),
    cell(''),
    ...(load === undefined ? [] : [loadCell(load, id, member.role)]),
  ]);
  return [head, ...rows];
}

function ready({readyReplicas, replicas}: MemberStatus): Cell {
  return cell(`${String(readyReplicas)}/${String(replicas)}`, readyReplicas >= replicas ? 'plain' : 'warn');
}

function facts(rsg: Rsg, {now, paint, load}: View): string {
  const {plan, history = [], sortedGroupList: list} = rsg.status;
  const demand = load === undefined ? undefined : demandSentence(load);
  const lines: (readonly [string, string])[] = [
    ['Plan', plan?.summary ?? 'none yet'],
    ['Next to go', plan?.nextVictims?.join(', ') ?? 'none'],
    ...(list?.unknown === undefined ? [] : [['Unknown in sortedGroupList', list.unknown.join(', ')] as const]),
    ...(list?.duplicates === undefined ? [] : [['Twice in sortedGroupList', list.duplicates.join(', ')] as const]),
    ...(load === undefined ? [] : [['Load', loadSentence(load)] as const]),
    ...(demand === undefined ? [] : [['Demand', demand] as const]),
  ];
  const width = Math.max(...lines.map(([title]) => title.length));
  const found = explain(rsg, []).findings.map(
    ({level, sentence}) => `${paint(level === 'problem' ? '✖' : '•', level === 'problem' ? 'bad' : 'dim')} ${sentence}\n`,
  );
  const scalings = history.slice(-MAX_SCALINGS).toReversed();
  const rows = scalings.map(({time, from, to, added = [], removed = [], reason}) => [
    cell(`${age(now - Date.parse(time))} ago`, 'dim'),
    cell(`${String(from)} → ${String(to)}`),
    cell(firstOf([...added.map((id) => `+${id}`), ...removed.map((id) => `-${id}`)])),
    cell(reason, 'dim'),
  ]);
  return [
    ...lines.map(([title, text]) => `${title.padEnd(width)}   ${text}\n`),
    found.length === 0 ? '' : `\n${found.join('')}`,
    rows.length === 0 ? '' : `\n${table(['SCALED', 'GROUPS', 'WHICH', 'WHY'], rows, paint)}`,
  ].join('');
}
