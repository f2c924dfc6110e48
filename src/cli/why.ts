/** `why NAME`: conditions, and the events that explain them. */
import type {Arguments} from './arguments.ts';
import {eventsOf, type SeenEvent} from './events.ts';
import {EXIT, type ExitCode} from './exit.ts';
import {explain, type Explanation} from './explain.ts';
import type {Io} from './io.ts';
import {age, painter, structured, type Paint} from './render.ts';
import {readRsg, type Session} from './session.ts';

export async function why(args: Arguments, session: Session, io: Io): Promise<ExitCode> {
  const [name = ''] = args.positionals;
  const rsg = await readRsg(session, name);
  const explanation = explain(rsg, await eventsOf(session.client, rsg.metadata.namespace, io.signal));
  const format = args.value('output') ?? 'text';
  if (format === 'text') io.stdout.write(whyText(explanation, io.clock.now(), painter(io.stdout, io.env)));
  else io.stdout.write(structured(explanation, format));
  const unseen = rsg.status.observedGeneration === undefined;
  return unseen || explanation.findings.some(({level}) => level === 'problem') ? EXIT.no : EXIT.ok;
}

/** `now` in milliseconds since the epoch. */
export function whyText({name, summary, findings, events}: Explanation, now: number, paint: Paint): string {
  const ago = (time: string): string => age(now - Date.parse(time));
  const eventLine = ({type, reason, message, count, last, about}: SeenEvent): string =>
    `    ${paint(`${ago(last)} ago`, 'dim')} ${paint(reason, type === 'Warning' ? 'warn' : 'plain')}${count > 1 ? ` ×${String(count)}` : ''} ${about}: ${message}\n`;
  const found = findings.map(
    (finding) =>
      `\n  ${paint(finding.level === 'problem' ? '✖' : '•', finding.level === 'problem' ? 'bad' : 'dim')} ${finding.sentence} ${paint(`For ${ago(finding.since)}.`, 'dim')}\n` +
      finding.events.map(eventLine).join(''),
  );
  const rest = events.length === 0 ? '' : `\n  Lately:\n${events.map(eventLine).join('')}`;
  return `${paint(name, 'bold')}: ${summary}\n${found.join('')}${rest}`;
}
