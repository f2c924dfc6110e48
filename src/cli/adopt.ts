/** `adopt KIND/NAME… --name NAME`: checks running workloads, then writes the RSG that binds them. */
import {RSG_TYPE} from '../api/labels.ts';
import {parseRsg, type Rsg} from '../api/schema.ts';
import type {Arguments} from './arguments.ts';
import {adoptChecks, type Check} from './adopt-checks.ts';
import {manifestOf, readTargets} from './adopt-targets.ts';
import {EXIT, UsageError, type ExitCode} from './exit.ts';
import type {Io} from './io.ts';
import {liveSnapshot} from './live.ts';
import {painter, structured, type Tone} from './render.ts';
import {refuseUnserved, type Session} from './session.ts';

const MARKS: Readonly<Record<Check['level'], readonly [string, Tone]>> = {error: ['✖', 'bad'], warning: ['!', 'warn'], note: ['•', 'dim']};

export async function adopt(args: Arguments, session: Session, io: Io): Promise<ExitCode> {
  const name = args.value('name');
  if (name === undefined) throw new UsageError(['--name is needed: the name of the RSG']);
  const manifest = manifestOf(readTargets(args.positionals), {name, namespace: session.namespace, engine: args.value('engine')});
  const {snapshot} = await liveSnapshot(unborn(manifest), session, io.signal);
  const checks = adoptChecks(snapshot.targets, snapshot.autoscalers);
  const paint = painter(io.stderr, io.env);
  for (const {level, message} of checks) io.stderr.write(`${paint(...MARKS[level])} ${message}\n`);
  if (checks.some(({level}) => level === 'error')) return EXIT.no;
  const format = args.value('output') ?? 'text';
  if (format !== 'text') {
    io.stdout.write(structured(manifest, format));
    return EXIT.ok;
  }
  const dryRun = args.on('dry-run');
  if (!dryRun && !args.on('yes') && checks.some(({level}) => level === 'warning')) {
    io.stderr.write('There are warnings: nothing was created. Go on with --yes, or change the manifest that -o yaml prints.\n');
    return EXIT.no;
  }
  await session.client.create(RSG_TYPE, manifest, {dryRun, signal: io.signal}).catch((error: unknown) => {
    refuseUnserved(error);
    throw error;
  });
  const done = dryRun ? 'would be created (dry run)' : 'created';
  io.stdout.write(`resourcescalinggroup/${name} ${done}. kubectl scale rsg ${name} -n ${session.namespace} --replicas=2 adds a group.\n`);
  return EXIT.ok;
}

/** The RSG as it would be read; it has no uid yet, so nothing can be claimed by it. Throws a `UsageError` where the schema forbids it. */
function unborn(manifest: {readonly metadata: {readonly name: string}}): Rsg {
  const read = parseRsg({...manifest, metadata: {...manifest.metadata, uid: 'unborn', resourceVersion: '0'}});
  if ('problem' in read) throw new UsageError([read.problem]);
  return read.rsg;
}
