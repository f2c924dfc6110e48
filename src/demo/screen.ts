/** Draws the demo: over itself on a terminal, as lines elsewhere. */
import type {Clock} from '../runtime/clock.ts';

export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Screen {
  /** Stays on the screen. */
  say(line: string): void;
  /** Replaces the last picture; does nothing where there is no terminal. */
  draw(lines: readonly string[]): void;
  /** A change: part of the picture on a terminal, a line of its own elsewhere. */
  news(lines: readonly string[]): void;
  /** The picture stays, and what follows comes below it. */
  leave(): void;
}

const UP = (lines: number): string => (lines === 0 ? '' : `\u001b[${String(lines)}A`);
const CLEAR = '\u001b[J';

export function createScreen(output: Output, {clock}: {readonly clock: Clock}): Screen {
  const live = output.isTTY === true;
  const startedAt = clock.now();
  let drawn = 0;
  const stamp = (): string => `${((clock.now() - startedAt) / 1000).toFixed(1).padStart(5)} s`;
  return {
    say: (line) => {
      drawn = 0;
      output.write(`${line}\n`);
    },
    draw: (lines) => {
      if (!live) return;
      // A terminal that does not know its size says 0.
      const width = (output.columns === undefined || output.columns === 0 ? 120 : output.columns) - 1;
      output.write(`${UP(drawn)}${CLEAR}${lines.map((line) => `${line.slice(0, width)}\n`).join('')}`);
      drawn = lines.length;
    },
    news: (lines) => {
      if (!live) for (const line of lines) output.write(`${stamp()}  ${line}\n`);
    },
    leave: () => {
      drawn = 0;
    },
  };
}
