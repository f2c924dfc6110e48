/** What a program that was started said, and how it ended. */
import type {ChildProcess} from 'node:child_process';
import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** -1 when a signal ended it. */
  readonly code: number;
}

/** Rejects when it could not be started. Waits for the pipes too, which may outlive the program. */
export async function outcomeOf(child: ChildProcess & {readonly stdout: Readable; readonly stderr: Readable}): Promise<Outcome> {
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? -1);
    });
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return {stdout, stderr, code};
}
