#!/usr/bin/env node
/** Signals become an AbortSignal, the result an exit code. What needs no cluster loads no client. */
import {isCommand} from './cli/commands.ts';
import {ioOf, pluginInvocation, type Invocation} from './cli/terminal.ts';
import {FLAGS, flagHelp, readConfig, type Role} from './config.ts';
import {messageOf} from './runtime/errors.ts';

const USAGE = `Usage: rsg COMMAND [FLAGS]

Commands:
  controller        bind, scale and remove groups
  metrics-adapter   serve the load of groups to HPA, KEDA and Prometheus
  all               both in one process
  sandbox           an in-memory Kubernetes API to try things on
  demo              see it work: a cluster in memory, an hour of traffic in a minute
  crd               print the CustomResourceDefinition as YAML
  version           print the version
  status, plan, why, drain, adopt, top, release, completion
                    for people: the commands of kubectl rsg

rsg COMMAND --help lists the flags of a command, each also an environment variable (RSG_HTTP_ADDRESS).
`;

async function main(argv: readonly string[]): Promise<number> {
  const plugin = pluginInvocation(process.argv[1] ?? '', argv);
  if (plugin !== undefined) return await forPeople(plugin);
  const [command, ...args] = argv;
  if (isCommand(command) || command === '__complete') return await forPeople({program: 'rsg', argv});
  switch (command) {
    case 'crd': {
      const [{renderCrd}, {stringify}] = await Promise.all([import('./api/crd.ts'), import('yaml')]);
      process.stdout.write(stringify(renderCrd()));
      return 0;
    }
    case 'controller':
    case 'metrics-adapter':
    case 'all':
    case 'sandbox':
      return asksForHelp(args) ? help(command) : await serve(command, args);
    case 'demo':
      return await demo(args);
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(USAGE);
      return 0;
    default:
      return unknown(command);
  }
}

function unknown(command: string | undefined): number {
  process.stderr.write(`${command === undefined ? 'a command is missing' : `${command}: no such command`}\n\n${USAGE}`);
  return 2;
}

async function forPeople({program, argv}: Invocation): Promise<number> {
  const {runCli} = await import('./cli/program.ts');
  // A reader such as head may have enough before everything is written.
  process.stdout.on('error', () => process.exit(0));
  return await runCli(program, argv, ioOf(process, endOfProcess()));
}

/** Runs a role until it ends or a signal comes. */
async function serve(role: Role, args: readonly string[]): Promise<number> {
  switch (role) {
    case 'controller': {
      const read = readConfig(FLAGS.controller, args, process.env);
      if ('mistakes' in read) return refuse(role, read.mistakes);
      return await (await import('./compose.ts')).runControllerProcess(read.config, endOfProcess());
    }
    case 'metrics-adapter': {
      const read = readConfig(FLAGS['metrics-adapter'], args, process.env);
      if ('mistakes' in read) return refuse(role, read.mistakes);
      return await (await import('./compose.ts')).runAdapterProcess(read.config, endOfProcess());
    }
    case 'all': {
      const read = readConfig(FLAGS.all, args, process.env);
      if ('mistakes' in read) return refuse(role, read.mistakes);
      return await (await import('./compose.ts')).runBothProcess(read.config, endOfProcess());
    }
    case 'sandbox': {
      const read = readConfig(FLAGS.sandbox, args, process.env);
      if ('mistakes' in read) return refuse(role, read.mistakes);
      return await (await import('./compose/sandbox.ts')).runSandboxProcess(read.config, endOfProcess());
    }
  }
}

async function demo(args: readonly string[]): Promise<number> {
  const {DEMO_HELP, readDemoOptions} = await import('./demo/flags.ts');
  const options = readDemoOptions(args);
  if (asksForHelp(args) || 'mistake' in options) {
    process.stdout.write('mistake' in options && !asksForHelp(args) ? `${options.mistake}\n\n${DEMO_HELP}` : DEMO_HELP);
    return asksForHelp(args) ? 0 : 2;
  }
  return await (await import('./demo/demo.ts')).runDemo(options, process.stdout, endOfProcess());
}

function refuse(role: Role, mistakes: readonly string[]): number {
  process.stderr.write(`rsg ${role}:\n${mistakes.map((mistake) => `  ${mistake}\n`).join('')}rsg ${role} --help lists the flags\n`);
  return 2;
}

function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

function help(role: Role): number {
  process.stdout.write(`Usage: rsg ${role} [FLAGS]\n\n${flagHelp(FLAGS[role])}\n`);
  return 0;
}

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once. */
function endOfProcess(): AbortSignal {
  const end = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      end.abort();
    });
  }
  return end.signal;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`rsg: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
