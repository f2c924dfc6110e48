/** `kubectl rsg COMMAND`: help and mistakes need no client; a command loads its own code and, when it needs one, the client. */
import {readArguments, type Arguments} from './arguments.ts';
import {isCommand, type CommandName} from './commands.ts';
import {SCRIPTS} from './completion.ts';
import {EXIT, UsageError, type ExitCode} from './exit.ts';
import {commandHelp, overview} from './help.ts';
import type {Io} from './io.ts';
import type {Session} from './session.ts';
import {messageOf} from '../runtime/errors.ts';
import {ownVersion} from '../runtime/version.ts';

type Run = (args: Arguments, session: Session, io: Io) => Promise<ExitCode>;

type ClusterCommand = Exclude<CommandName, 'completion' | 'version'>;

const RUNS: Readonly<Record<ClusterCommand, () => Promise<Run>>> = {
  status: async () => (await import('./status.ts')).status,
  plan: async () => (await import('./plan.ts')).plan,
  why: async () => (await import('./why.ts')).why,
  drain: async () => (await import('./drain.ts')).drain,
  adopt: async () => (await import('./adopt.ts')).adopt,
  release: async () => (await import('./release.ts')).release,
  top: async () => (await import('./top.ts')).top,
};

/** `program` is the name that help shows: `rsg` or `kubectl rsg`. Never throws. */
export async function runCli(program: string, argv: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...rest] = argv;
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      const [topic] = rest;
      io.stdout.write(name === 'help' && isCommand(topic) ? commandHelp(program, topic) : overview(program));
      return name === undefined ? EXIT.usage : EXIT.ok;
    }
    if (name === '__complete') {
      const {complete} = await import('./complete.ts');
      return await complete(rest, io);
    }
    if (!isCommand(name)) throw new UsageError([`${name}: no such command`]);
    const args = readArguments(name, rest);
    if (args.help) {
      io.stdout.write(commandHelp(program, name));
      return EXIT.ok;
    }
    if (name === 'completion') return printScript(args, io);
    if (name === 'version') return await printVersion(io);
    return await runCommand(name, args, io);
  } catch (error) {
    return fail(error, {program, name, io});
  }
}

async function runCommand(name: ClusterCommand, args: Arguments, io: Io): Promise<ExitCode> {
  const [run, {openSession}] = await Promise.all([RUNS[name](), import('./session.ts')]);
  const session = openSession(args, io);
  try {
    return await run(args, session, io);
  } finally {
    session.close();
  }
}

async function printVersion(io: Io): Promise<ExitCode> {
  io.stdout.write(`${await ownVersion()}\n`);
  return EXIT.ok;
}

function printScript({positionals: [shell = '']}: Arguments, io: Io): ExitCode {
  const script = SCRIPTS[shell];
  if (script === undefined) throw new UsageError([`${shell}: must be one of ${Object.keys(SCRIPTS).join(', ')}`]);
  io.stdout.write(script);
  return EXIT.ok;
}

function fail(error: unknown, {program, name, io}: {program: string; name: string | undefined; io: Io}): ExitCode {
  if (error instanceof UsageError) {
    const topic = isCommand(name) ? `${program} ${name} --help` : `${program} --help`;
    io.stderr.write(`${error.mistakes.map((mistake) => `error: ${mistake}\n`).join('')}${topic} tells more\n`);
    return EXIT.usage;
  }
  io.stderr.write(`error: ${messageOf(error)}\n`);
  return EXIT.failed;
}
