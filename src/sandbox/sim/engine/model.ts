/**
 * A queueing model of an LLM engine. Prefill: requests wait in line, prompts are computed one after the other at a fixed rate of tokens.
 * Decode: all admitted requests share the engine's rate, none faster than its own; a request is admitted when the KV cache has room for its
 * prompt and all that it will generate. Times are in seconds of the engine's own time, which a demo may let pass faster than real time.
 */
import {createHistogram, type HistogramState} from './histogram.ts';

export interface EngineRates {
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** Of one request. */
  readonly decodeTokensPerSecondEach: number;
  /** Tokens. */
  readonly kvCacheTokens: number;
}

export interface EngineRequest {
  readonly id: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  /** When it arrived at the group. */
  readonly arrivedAt: number;
}

export type EngineRole = 'prefill' | 'decode';

export interface EngineCounters {
  readonly waiting: number;
  readonly running: number;
  /** 0 to 1. */
  readonly kvUsage: number;
  readonly promptTokens: number;
  readonly generationTokens: number;
  readonly finished: number;
  readonly timeToFirstToken: HistogramState;
  readonly interTokenLatency: HistogramState;
  readonly queueTime: HistogramState;
}

export interface Engine {
  readonly role: EngineRole;
  submit(request: EngineRequest, at: number): void;
  /** Works until then; answers the requests that it is done with. */
  advance(to: number): readonly EngineRequest[];
  counters(): EngineCounters;
  /** Requests that it holds. */
  inFlight(): number;
}

interface Held {
  readonly request: EngineRequest;
  readonly since: number;
  done: number;
}

const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80];
const FRACTIONS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1];
/** Seconds; decode shares its rate anew after each. */
const STEP = 0.5;

export function createEngine(role: EngineRole, rates: EngineRates, startedAt: number): Engine {
  const waiting: Held[] = [];
  const running: Held[] = [];
  const ttft = createHistogram(SECONDS);
  const itl = createHistogram(FRACTIONS);
  const queueTime = createHistogram(SECONDS);
  const total = {prompt: 0, generation: 0, finished: 0};
  let now = startedAt;

  const admit = (): void => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const fits = role === 'prefill' ? running.length === 0 : used() + sizeOf(first.request) <= rates.kvCacheTokens;
      // One that is larger than the whole cache is not held for ever.
      if (!fits && running.length > 0) return;
      waiting.shift();
      running.push(first);
      queueTime.observe(now - first.since);
    }
  };
  const used = (): number => running.reduce((sum, {request}) => sum + sizeOf(request), 0);

  const prefill = (to: number, finished: EngineRequest[]): void => {
    while (now < to) {
      admit();
      const [first] = running;
      if (first === undefined) break;
      const {request} = first;
      const tokens = Math.min(request.promptTokens - first.done, (to - now) * rates.prefillTokensPerSecond);
      first.done += tokens;
      total.prompt += tokens;
      now += tokens / rates.prefillTokensPerSecond;
      if (first.done < request.promptTokens - 1e-9) break;
      running.shift();
      ttft.observe(now - request.arrivedAt);
      total.finished += 1;
      finished.push(request);
    }
    now = to;
  };
  const decode = (to: number, finished: EngineRequest[]): void => {
    while (now < to) {
      const seconds = Math.min(STEP, to - now);
      admit();
      const each = Math.min(rates.decodeTokensPerSecondEach, rates.decodeTokensPerSecond / Math.max(1, running.length));
      now += seconds;
      for (const held of [...running]) {
        const tokens = Math.min(each * seconds, held.request.generatedTokens - held.done);
        held.done += tokens;
        total.generation += tokens;
        if (held.done < held.request.generatedTokens - 1e-9) continue;
        running.splice(running.indexOf(held), 1);
        itl.observe(1 / each);
        total.finished += 1;
        finished.push(held.request);
      }
    }
  };
  return {
    role,
    submit: (request, at) => {
      waiting.push({request, since: at, done: 0});
    },
    advance: (to) => {
      const finished: EngineRequest[] = [];
      const work = role === 'prefill' ? prefill : decode;
      work(to, finished);
      return finished;
    },
    counters: () => ({
      waiting: waiting.length,
      running: running.length,
      kvUsage: Math.min(1, running.reduce((sum, {request, done}) => sum + held(role, request, done), 0) / rates.kvCacheTokens),
      promptTokens: total.prompt,
      generationTokens: total.generation,
      finished: total.finished,
      timeToFirstToken: ttft.state(),
      interTokenLatency: itl.state(),
      queueTime: queueTime.state(),
    }),
    inFlight: () => waiting.length + running.length,
  };
}

function sizeOf({promptTokens, generatedTokens}: EngineRequest): number {
  return promptTokens + generatedTokens;
}

/** Tokens in the cache now. */
function held(role: EngineRole, {promptTokens}: EngineRequest, done: number): number {
  return role === 'prefill' ? done : promptTokens + done;
}
