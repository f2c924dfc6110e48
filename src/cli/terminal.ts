/** The names under which the program is the kubectl plugin, and the streams of a process as a command sees them. */
import {createInterface} from 'node:readline/promises';
import {basename} from 'node:path';
import {systemClock} from '../runtime/clock.ts';
import type {Io} from './io.ts';

export interface Invocation {
  /** What help calls the program. */
  readonly program: string;
  readonly argv: readonly string[];
}

/** Undefined unless the program was started as `kubectl-rsg`, or as `kubectl_complete-rsg`, which kubectl asks for completions. */
export function pluginInvocation(script: string, argv: readonly string[]): Invocation | undefined {
  const name = basename(script).replace(/\.(m?js|exe|cmd)$/u, '');
  if (name === 'kubectl-rsg') return {program: 'kubectl rsg', argv};
  if (name === 'kubectl_complete-rsg') return {program: 'kubectl rsg', argv: ['__complete', ...argv]};
  return undefined;
}

/** The part of `process` that a command needs. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function ioOf({stdin, stdout, stderr, env}: Streams, signal: AbortSignal): Io {
  const ask = async (question: string): Promise<string> => {
    const lines = createInterface({input: stdin, output: stderr});
    try {
      return await lines.question(question, {signal});
    } finally {
      lines.close();
    }
  };
  return {stdout, stderr, env, signal, clock: systemClock, ask: stdin.isTTY ? ask : undefined};
}
