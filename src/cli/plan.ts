/** `plan NAME --replicas N`: what that number would create and remove, by the controller's own rules on the live objects. */
import {countOf, type Arguments} from './arguments.ts';
import {EXIT, type ExitCode} from './exit.ts';
import {forecast} from './forecast.ts';
import type {Io} from './io.ts';
import {liveSnapshot} from './live.ts';
import {planText} from './plan-view.ts';
import {painter, structured} from './render.ts';
import {readRsg, refuseDeleted, type Session} from './session.ts';

export async function plan(args: Arguments, session: Session, io: Io): Promise<ExitCode> {
  const replicas = countOf('replicas', args.value('replicas'));
  const [name = ''] = args.positionals;
  const rsg = await readRsg(session, name);
  refuseDeleted(rsg);
  const {snapshot, refused} = await liveSnapshot(rsg, session, io.signal);
  const told = forecast(snapshot, replicas, io.clock.now());
  const format = args.value('output') ?? 'text';
  if (format === 'text') io.stdout.write(planText(name, told, painter(io.stdout, io.env)));
  else io.stdout.write(structured({name, namespace: rsg.metadata.namespace, ...told}, format));
  if (refused.length > 0) io.stderr.write(`not readable for you, so the controller may decide otherwise: ${refused.join(', ')}\n`);
  if (rsg.spec.paused) io.stderr.write('spec.paused is true: none of it happens before that is lifted\n');
  return told.held.length === 0 ? EXIT.ok : EXIT.no;
}
