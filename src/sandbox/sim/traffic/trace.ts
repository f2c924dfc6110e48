/** A recorded traffic trace: requests and their tokens per bin of time, and the arrivals that it stands for. Pure. */

export interface Bin {
  /** Seconds from the start of the trace. */
  readonly second: number;
  readonly requests: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

/** Bins of equal length, one after the other without gaps. */
export interface Trace {
  readonly bins: readonly Bin[];
  readonly binSeconds: number;
}

export interface Arrival {
  readonly at: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

/** Requests that take much longer than those of a trace, whose lengths are means. */
export interface LongRequests {
  readonly everySeconds: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

const HEADER = 'second,requests,prompt_tokens,generated_tokens';

/** Reads CSV with the columns second, requests, prompt_tokens and generated_tokens; lines that start with # are remarks. Throws for others. */
export function parseTrace(text: string): Trace {
  const [header, ...rows] = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (header?.trim() !== HEADER) throw new Error(`a trace begins with the line ${HEADER}`);
  const bins = rows.map((row, at): Bin => {
    const [second = NaN, requests = NaN, promptTokens = NaN, generatedTokens = NaN] = row.split(',').map(Number);
    if ([second, requests, promptTokens, generatedTokens].some(Number.isNaN)) throw new Error(`row ${String(at + 1)} of the trace: ${row}`);
    return {second, requests, promptTokens, generatedTokens};
  });
  return {bins, binSeconds: (bins[1]?.second ?? 1) - (bins[0]?.second ?? 0)};
}

/** The requests of [from, to), in seconds of the trace: evenly over each bin, with an equal share of its tokens. */
export function arrivals({bins, binSeconds}: Trace, from: number, to: number): Arrival[] {
  const first = bins[0]?.second ?? 0;
  const index = (second: number): number => Math.max(0, Math.floor((second - first) / binSeconds));
  return bins
    .slice(index(from), index(to) + 1)
    .flatMap(({second, requests, promptTokens, generatedTokens}) =>
      Array.from({length: requests}, (_, at): Arrival => ({
        at: second + ((at + 0.5) * binSeconds) / requests,
        promptTokens: promptTokens / requests,
        generatedTokens: Math.max(1, generatedTokens / requests),
      })),
    )
    .filter(({at}) => at >= from && at < to);
}

/** Those of [from, to), the first one distance after 0. */
export function longArrivals(long: LongRequests | undefined, from: number, to: number): Arrival[] {
  if (long === undefined) return [];
  const {everySeconds, promptTokens, generatedTokens} = long;
  const first = Math.max(1, Math.ceil(from / everySeconds));
  const count = Math.max(0, Math.ceil(to / everySeconds) - first);
  return Array.from({length: count}, (_, at) => ({at: (first + at) * everySeconds, promptTokens, generatedTokens}));
}
