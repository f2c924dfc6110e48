/** Waiting in tests of real processes: until something holds, or to see that it stays away. Unit tests use a fake clock instead. */
import {setTimeout as sleep} from 'node:timers/promises';

type Probe<T> = () => Promise<T | undefined | false>;

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/** The first answer of `probe` that is neither undefined nor false. A probe that throws is asked again; its last error is reported. */
export async function eventually<T>(what: string, probe: Probe<T>, options: WaitOptions = {}): Promise<T> {
  const {timeoutMs = 30_000, intervalMs = 100} = options;
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(intervalMs);
  } while (Date.now() < deadline);
  const why = last instanceof Error ? `: ${last.message}` : '';
  throw new Error(`not within ${String(timeoutMs)} ms: ${what}${why}`, {cause: last});
}

/** Fails as soon as `probe` answers something; passes when it has not for `durationMs`. An error of the probe is a failure too. */
export async function never<T>(what: string, probe: Probe<T>, durationMs: number): Promise<void> {
  const deadline = Date.now() + durationMs;
  do {
    const answer = await probe();
    if (answer !== undefined && answer !== false) throw new Error(`happened, but must not: ${what}: ${JSON.stringify(answer)}`);
    await sleep(100);
  } while (Date.now() < deadline);
}
