/**
 * Child processes of tests. A guard, a small shell holding one end of a pipe, ends them when the test process dies for whatever
 * reason (even SIGKILL, which no exit handler sees), so that a broken test leaves nothing running.
 */
import {spawn, type ChildProcess} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {createServer, Socket} from 'node:net';

/** Ports of 127.0.0.1 that nobody listens on now; all are held until the last is found, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({length: count}, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            if (address === null || typeof address === 'string') reject(new Error('no port'));
            else resolve(address.port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Set once it has ended. */
  exited: string | undefined;
  readonly exit: Promise<string>;
  readonly logFile: string;
  readonly command: readonly string[];
  readonly cwd: string;
}

const GUARD =
  'pids=; while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill -9 $pids 2>/dev/null; [ -z "$1" ] || rm -rf "$1"';

/** Starts processes and ends them all, in reverse order, at `stop`, or when this process dies. */
export class ProcessGroup {
  readonly #running: Running[] = [];
  readonly #guard: ChildProcess;

  /** `removeAfterDeath` is a folder to remove should this process die without `stop`. */
  constructor(removeAfterDeath = '') {
    this.#guard = spawn('sh', ['-c', GUARD, 'guard', removeAfterDeath], {stdio: ['pipe', 'ignore', 'ignore'], detached: true});
    this.#guard.unref();
    const input = this.#guard.stdin;
    if (input instanceof Socket) input.unref();
  }

  /** Both output streams go to `logFile`. */
  start(name: string, command: readonly string[], options: {cwd: string; logFile: string; env?: NodeJS.ProcessEnv}): Running {
    const [program = '', ...args] = command;
    const log = openSync(options.logFile, 'a');
    const child = spawn(program, args, {cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', log, log]});
    closeSync(log);
    child.unref();
    const exit = new Promise<string>((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('exit', (code, signal) => {
        resolve(signal ?? String(code));
      });
    });
    const running: Running = {name, pid: child.pid ?? 0, exited: undefined, exit, logFile: options.logFile, command, cwd: options.cwd};
    void exit.then((how) => {
      running.exited = how;
    });
    if (running.pid !== 0) this.#guard.stdin?.write(`${String(running.pid)}\n`);
    this.#running.push(running);
    return running;
  }

  /** Ends one in the way of `signal`, and starts it again with the same command line. */
  async restart(name: string, how: NodeJS.Signals): Promise<void> {
    const at = this.#running.findLastIndex((one) => one.name === name);
    const [running] = this.#running.splice(at, 1);
    if (at < 0 || running === undefined) throw new Error(`${name} does not run`);
    await endBy(running, how);
    this.start(name, running.command, running);
  }

  signal(name: string, how: NodeJS.Signals): void {
    const running = this.#running.findLast((one) => one.name === name);
    if (running === undefined) throw new Error(`${name} does not run`);
    signal(running.pid, how);
  }

  /** Throws with the end of its log when one of them has ended by itself. */
  async assertAlive(): Promise<void> {
    const dead = this.#running.find((one) => one.exited !== undefined);
    if (dead === undefined) return;
    const log = await readFile(dead.logFile, 'utf8').catch(() => '');
    throw new Error(`${dead.name} ended (${String(dead.exited)}); its log ends:\n${log.split('\n').slice(-20).join('\n')}`);
  }

  async stop(graceMs = 5000): Promise<void> {
    for (const one of this.#running.toReversed()) await end(one, graceMs);
    if (this.#guard.pid !== undefined) signal(this.#guard.pid, 'SIGKILL');
  }
}

/** SIGTERM, then SIGKILL after the grace. */
export async function end(running: Running, graceMs: number): Promise<void> {
  if (running.exited !== undefined || running.pid === 0) return;
  const killing = setTimeout(() => {
    signal(running.pid, 'SIGKILL');
  }, graceMs);
  await endBy(running, 'SIGTERM');
  clearTimeout(killing);
}

/** By one signal, for however long it takes. Children do not keep this process alive by themselves. */
export async function endBy(running: Running, how: NodeJS.Signals): Promise<void> {
  const waiting = setInterval(() => undefined, 1000);
  signal(running.pid, how);
  await running.exit;
  clearInterval(waiting);
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already, which is what the caller wants.
  }
}
