/** The command line in this process, with everything that it says. */
import {runCli} from '../../src/cli/program.ts';
import type {Io} from '../../src/cli/io.ts';
import {systemClock} from '../../src/runtime/clock.ts';

export interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

export interface CliOptions {
  readonly answer?: string;
  readonly tty?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export async function rsg(args: readonly string[], {answer, tty = false, env = {}}: CliOptions = {}): Promise<Said> {
  const said = {out: '', err: ''};
  const io: Io = {
    stdout: {isTTY: tty, write: (text) => (said.out += text)},
    stderr: {isTTY: tty, write: (text) => (said.err += text)},
    ask: answer === undefined ? undefined : () => Promise.resolve(answer),
    env,
    clock: systemClock,
    signal: new AbortController().signal,
  };
  const code = await runCli('kubectl rsg', args, io);
  return {...said, code};
}
