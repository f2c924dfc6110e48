/**
 * A queueing model of an LLM engine. All admitted requests are worked on together and share the engine's rate of tokens, none faster than
 * one request can be: a prefill engine computes prompts (in chunks, so several at a time), a decode engine generates. A request is admitted
 * when the KV cache has room for it, else it waits in line. Times are in seconds of the engine's own time, which a demo may let pass faster.
 */
import {createHistogram, type HistogramState} from './histogram.ts';

export interface EngineRates {
  readonly tokensPerSecond: number;
  /** Of one request. */
  readonly tokensPerSecondEach: number;
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
  /** How many requests it holds. */
  inFlight(): number;
  /** Their ids. */
  held(): readonly number[];
}

interface Held {
  readonly request: EngineRequest;
  readonly since: number;
  done: number;
}

const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80];
const FRACTIONS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1];
/** Seconds after which the rate is shared anew. */
const STEP = 0.25;

export function createEngine(role: EngineRole, rates: EngineRates, startedAt: number): Engine {
  const waiting: Held[] = [];
  const running: Held[] = [];
  const ttft = createHistogram(SECONDS);
  const itl = createHistogram(FRACTIONS);
  const queueTime = createHistogram(SECONDS);
  let now = startedAt;
  let tokensDone = 0;
  let requestsDone = 0;

  const admit = (): void => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const reserved = running.reduce((sum, {request}) => sum + roomFor(role, request), 0);
      // One that is larger than the whole cache is not held for ever.
      if (running.length > 0 && reserved + roomFor(role, first.request) > rates.kvCacheTokens) return;
      waiting.shift();
      running.push(first);
      queueTime.observe(Math.max(0, now - first.since));
    }
  };
  const finish = (held: Held, each: number): void => {
    running.splice(running.indexOf(held), 1);
    requestsDone += 1;
    if (role === 'prefill') ttft.observe(Math.max(0, now - held.request.arrivedAt));
    else itl.observe(1 / each);
  };
  const work = (seconds: number): EngineRequest[] => {
    const finished: EngineRequest[] = [];
    const each = Math.min(rates.tokensPerSecondEach, rates.tokensPerSecond / Math.max(1, running.length));
    now += seconds;
    for (const held of [...running]) {
      const left = tokensOf(role, held.request) - held.done;
      const tokens = Math.min(each * seconds, left);
      held.done += tokens;
      tokensDone += tokens;
      if (left - tokens > 1e-9) continue;
      finish(held, each);
      finished.push(held.request);
    }
    return finished;
  };
  return {
    role,
    submit: (request, at) => {
      waiting.push({request, since: at, done: 0});
    },
    advance: (to) => {
      const finished: EngineRequest[] = [];
      while (now < to) {
        admit();
        finished.push(...work(Math.min(STEP, to - now)));
      }
      admit();
      return finished;
    },
    counters: () => ({
      waiting: waiting.length,
      running: running.length,
      kvUsage: Math.min(1, running.reduce((sum, held) => sum + cached(role, held), 0) / rates.kvCacheTokens),
      promptTokens: role === 'prefill' ? tokensDone : 0,
      generationTokens: role === 'decode' ? tokensDone : 0,
      finished: requestsDone,
      timeToFirstToken: ttft.state(),
      interTokenLatency: itl.state(),
      queueTime: queueTime.state(),
    }),
    inFlight: () => waiting.length + running.length,
    held: () => [...waiting, ...running].map(({request}) => request.id),
  };
}

function tokensOf(role: EngineRole, {promptTokens, generatedTokens}: EngineRequest): number {
  return role === 'prefill' ? promptTokens : generatedTokens;
}

/** What a request will need of the cache at most. */
function roomFor(role: EngineRole, {promptTokens, generatedTokens}: EngineRequest): number {
  return role === 'prefill' ? promptTokens : promptTokens + generatedTokens;
}

/** Its tokens in the cache now. */
function cached(role: EngineRole, {request, done}: Held): number {
  return role === 'prefill' ? done : request.promptTokens + done;
}
