/** `drain NAME GROUP`: that group first in the list and one replica less, in one write, after showing what follows from it. */
import {RSG_TYPE} from '../api/labels.ts';
import type {Rsg} from '../api/schema.ts';
import {isKubeError} from '../kube/errors.ts';
import type {Arguments} from './arguments.ts';
import {CliError, EXIT, type ExitCode} from './exit.ts';
import {forecast} from './forecast.ts';
import type {Io} from './io.ts';
import {liveSnapshot} from './live.ts';
import {planText} from './plan-view.ts';
import {painter} from './render.ts';
import {readRsg, refuseDeleted, type Session} from './session.ts';

const MAX_LIST = 1000;

export async function drain(args: Arguments, session: Session, io: Io): Promise<ExitCode> {
  const [name = '', group = ''] = args.positionals;
  const rsg = await readRsg(session, name);
  refuseDeleted(rsg);
  const change = drainChange(rsg, group);
  const {snapshot} = await liveSnapshot(rsg, session, io.signal);
  const {replicas, scalingGroupTask} = change;
  const changed = {...snapshot, rsg: {...rsg, spec: {...rsg.spec, scalingGroupTask}}};
  const told = forecast(changed, replicas, io.clock.now());
  io.stdout.write(planText(name, told, painter(io.stdout, io.env)));
  const exactly = told.removed.length === 1 && told.removed[0] === group && told.created.length === 0;
  if (!exactly) {
    io.stderr.write(`this would not remove exactly ${group}: nothing was changed\n`);
    return EXIT.no;
  }
  const scalers = snapshot.autoscalers.filter(({targetKind, targetName}) => targetKind === rsg.kind && targetName === name);
  for (const {kind, name: scaler} of scalers) io.stderr.write(`${kind} ${scaler} scales ${name}, and may ask for another group again\n`);
  if (args.on('dry-run')) return EXIT.ok;
  if (!args.on('yes')) {
    if (io.ask === undefined) throw new CliError('not confirmed, and no terminal to ask on: give --yes');
    if (!/^y(es)?$/iu.test((await io.ask(`Remove ${group}? [y/N] `)).trim())) {
      io.stdout.write('Nothing was changed.\n');
      return EXIT.no;
    }
  }
  await write(rsg, change, session);
  io.stdout.write(
    `${group} is first in sortedGroupList, and ${String(replicas)} groups are wanted. kubectl rsg status ${name} --watch follows it.\n`,
  );
  return EXIT.ok;
}

interface DrainChange {
  readonly replicas: number;
  readonly scalingGroupTask: {readonly sortedGroupList: string[]};
}

/** Throws a `CliError` when there is no such group to remove. */
export function drainChange({metadata, spec, status}: Rsg, group: string): DrainChange {
  const serving = (status.groups ?? []).filter(({phase}) => phase === 'Creating' || phase === 'Available' || phase === 'Degraded');
  if (!serving.some(({id}) => id === group)) {
    const found = status.groups?.find(({id}) => id === group);
    const state = found === undefined ? 'does not exist' : `is ${found.phase}`;
    const known = serving.length === 0 ? 'no group serves' : `groups are ${serving.map(({id}) => id).join(', ')}`;
    throw new CliError(`${metadata.name}: ${group} ${state}; ${known}`);
  }
  if (spec.replicas === 0) throw new CliError(`${metadata.name}: spec.replicas is 0 already`);
  const others = spec.scalingGroupTask.sortedGroupList.filter((id) => id !== group);
  return {replicas: spec.replicas - 1, scalingGroupTask: {sortedGroupList: [group, ...others].slice(0, MAX_LIST)}};
}

const ATTEMPTS = 5;

/** A status written meanwhile is no conflict; a changed spec is. */
async function write(rsg: Rsg, change: DrainChange, session: Session): Promise<void> {
  const {name, namespace, generation} = rsg.metadata;
  let {resourceVersion} = rsg.metadata;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await session.client.patch({type: RSG_TYPE, namespace, name}, {metadata: {resourceVersion}, spec: change});
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict') || attempt === ATTEMPTS) throw error;
      const now = await readRsg(session, name);
      if (now.metadata.generation !== generation)
        throw new CliError(`${name} was changed meanwhile: nothing was written, look at the plan again`);
      ({resourceVersion} = now.metadata);
    }
  }
}
