/** What ends a command: exit codes that scripts can rely on, and the errors that lead to them. */

export const EXIT = {
  ok: 0,
  /** The cluster did not answer, refused, or does not have what was named. */
  failed: 1,
  /** The command line is wrong; nothing was sent. */
  usage: 2,
  /** The answer is no: a plan that does not reach the wanted number, something that needs attention, a check that forbids. */
  no: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A wrong command line; every mistake is a sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/** A failure that its message explains in full. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
