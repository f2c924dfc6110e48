/** `status [NAME]`: one RSG as a tree, or all as a table; again and again with `--watch`. */
import {RSG_TYPE} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import {isKubeError} from '../kube/errors.ts';
import type {Arguments} from './arguments.ts';
import {CliError, EXIT, UsageError, type ExitCode} from './exit.ts';
import type {Io} from './io.ts';
import {readLoad} from './load.ts';
import {painter, structured} from './render.ts';
import {readRsg, readRsgs, type Session} from './session.ts';
import {listText, statusText} from './status-view.ts';

const WATCH_SECONDS = 300;
const AGAIN_MS = 1000;
const CLEAR = '\u{1b}[H\u{1b}[2J\u{1b}[3J';

export async function status(args: Arguments, session: Session, io: Io): Promise<ExitCode> {
  const [name] = args.positionals;
  const everywhere = args.on('all-namespaces');
  if (name !== undefined && everywhere) throw new UsageError(['NAME and --all-namespaces exclude each other']);
  const show = async (): Promise<void> => {
    const text = name === undefined ? await listOf(args, session, io) : await oneOf(name, {args, session, io});
    io.stdout.write(args.on('watch') && io.stdout.isTTY === true ? CLEAR + text : text);
  };
  await show();
  if (!args.on('watch')) return EXIT.ok;
  const query = {
    type: RSG_TYPE,
    ...(everywhere ? {} : {namespace: session.namespace}),
    ...(name === undefined ? {} : {fieldSelector: `metadata.name=${name}`}),
  };
  const stopped = (): boolean => io.signal.aborted;
  while (!stopped()) {
    try {
      const {resourceVersion} = await session.client.list(query, io.signal);
      await show();
      for await (const _event of session.client.watch(query, {resourceVersion, timeoutSeconds: WATCH_SECONDS}, io.signal)) await show();
    } catch (error) {
      if (stopped()) break;
      if (error instanceof CliError || isKubeError(error, 'Forbidden', 'NotFound')) throw error;
      io.stderr.write(`lost the API server, trying again: ${String(error)}\n`);
    }
    await io.clock.sleep(AGAIN_MS, io.signal);
  }
  return EXIT.ok;
}

async function listOf(args: Arguments, {client, namespace}: Session, io: Io): Promise<string> {
  const everywhere = args.on('all-namespaces');
  const rsgs = await readRsgs(client, everywhere ? undefined : namespace, (problem) => io.stderr.write(`${problem}\n`));
  const format = args.value('output') ?? 'text';
  if (format !== 'text') return structured({items: rsgs.map(reportOf)}, format);
  if (rsgs.length === 0) return everywhere ? 'No ResourceScalingGroups.\n' : `No ResourceScalingGroups in namespace ${namespace}.\n`;
  return listText(rsgs, {now: io.clock.now(), paint: painter(io.stdout, io.env)}, everywhere);
}

async function oneOf(name: string, {args, session, io}: {args: Arguments; session: Session; io: Io}): Promise<string> {
  const rsg = await readRsg(session, name);
  const load = await readLoad(rsg, {url: args.value('adapter-url'), client: session.client, signal: io.signal});
  const format = args.value('output') ?? 'text';
  if (format !== 'text') return structured({...reportOf(rsg), ...(load === undefined ? {} : {load})}, format);
  return statusText(rsg, {load, now: io.clock.now(), paint: painter(io.stdout, io.env)});
}

function reportOf({metadata: {name, namespace}, spec, status}: Rsg): object {
  return {name, namespace, wanted: spec.replicas, paused: spec.paused, ...status};
}
