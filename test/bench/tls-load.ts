/** A load generator that costs little: plain HTTP/1.1 over kept TLS connections, one request at a time on each. Loopback only. */
import {connect, type TLSSocket} from 'node:tls';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';

export interface LoadTarget {
  readonly port: number;
  /** Whole requests, sent in turn. */
  readonly requests: readonly string[];
  /** Client certificate, PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface Latencies {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

class Connection {
  readonly #socket: TLSSocket;
  readonly #requests: readonly string[];
  #turn: number;
  #buffer: Buffer = Buffer.alloc(0);
  #done: (() => void) | undefined;

  constructor(socket: TLSSocket, requests: readonly string[], turn: number) {
    this.#socket = socket;
    this.#requests = requests;
    this.#turn = turn;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#read();
    });
  }

  #read(): void {
    const end = this.#buffer.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const head = this.#buffer.toString('latin1', 0, end);
    const length = Number(/content-length: (\d+)/iu.exec(head)?.[1] ?? Number.NaN);
    if (!head.startsWith('HTTP/1.1 200') || Number.isNaN(length)) throw new Error(`unexpected answer: ${head}`);
    if (this.#buffer.length < end + 4 + length) return;
    this.#buffer = Buffer.alloc(0);
    this.#done?.();
  }

  /** Resolves when the whole answer is there. */
  ask(): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#turn = (this.#turn + 1) % this.#requests.length;
      this.#socket.write(this.#requests[this.#turn] ?? '');
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function open({port, requests, cert, key}: LoadTarget, count: number): Promise<Connection[]> {
  return await Promise.all(
    Array.from(
      {length: count},
      (_, at) =>
        new Promise<Connection>((resolve, reject) => {
          const socket = connect({host: '127.0.0.1', port, cert, key, rejectUnauthorized: false}, () => {
            resolve(new Connection(socket, requests, at * 7));
          });
          socket.once('error', reject);
        }),
    ),
  );
}

/** Each connection asks again as soon as it has its answer. */
export async function closedLoop(target: LoadTarget, {connections, seconds}: {connections: number; seconds: number}): Promise<Latencies> {
  const all = await open(target, connections);
  const took: number[] = [];
  const until = performance.now() + seconds * 1000;
  const loop = async (connection: Connection): Promise<void> => {
    while (performance.now() < until) {
      const from = performance.now();
      await connection.ask();
      took.push(performance.now() - from);
    }
  };
  await Promise.all(all.map(loop));
  for (const one of all) one.close();
  return summary(took, seconds);
}

/** Requests at fixed times, whether or not earlier ones are answered; latency counts from when a request was due. */
export async function openLoop(target: LoadTarget, {perSecond, seconds}: {perSecond: number; seconds: number}): Promise<Latencies> {
  const all = await open(target, 64);
  const took: number[] = [];
  const start = performance.now();
  const total = perSecond * seconds;
  let next = 0;
  const loop = async (connection: Connection): Promise<void> => {
    while (next < total) {
      const due = start + (next * 1000) / perSecond;
      next += 1;
      while (performance.now() < due) await sleep(Math.max(0, due - performance.now()));
      await connection.ask();
      took.push(performance.now() - due);
    }
  };
  await Promise.all(all.map(loop));
  for (const one of all) one.close();
  return summary(took, seconds);
}

function summary(took: readonly number[], seconds: number): Latencies {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {perSecond: took.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99)};
}
