/**
 * One process plays every pod's engine: pods of a test's control plane have addresses in 127.64.0.0/12, so one server on one port of
 * all addresses answers for each, and tells them apart by the address it was reached at. It writes what vLLM writes.
 */
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';

/** What one pod's engine reports, and how it misbehaves. */
export interface Engine {
  readonly waiting?: number;
  readonly running?: number;
  readonly kvUsage?: number;
  /** Prompt tokens so far. */
  readonly promptTokens?: number;
  readonly fault?: 'refuse' | 'garbage' | 'never-ends' | 'silent' | 'redirect' | 'compressed' | 'half-a-line';
}

export interface Engines {
  readonly port: number;
  /** By pod IP; asked at each scrape. */
  answer: (podIp: string) => Engine;
  /** Scrapes by pod IP so far. */
  readonly scrapes: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Port 0 takes a free one: several suites may run on one machine. */
export async function startEngines(port = 0): Promise<Engines> {
  const scrapes = new Map<string, number>();
  const server = createServer((request, response) => {
    const ip = (request.socket.localAddress ?? '').replace('::ffff:', '');
    scrapes.set(ip, (scrapes.get(ip) ?? 0) + 1);
    respond(engines.answer(ip), request, response);
  });
  server.keepAliveTimeout = 60_000;
  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '0.0.0.0', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const engines: Engines = {port: bound, scrapes, answer: () => ({waiting: 0, running: 0, kvUsage: 0}), close: () => close(server)};
  return engines;
}

function respond(engine: Engine, request: IncomingMessage, response: ServerResponse): void {
  const text = vllmText(engine);
  switch (engine.fault) {
    case 'refuse':
      request.socket.destroy();
      return;
    case 'silent':
      return;
    case 'garbage':
      response.end('<html><body>Not found</body></html>\n');
      return;
    case 'redirect':
      response.writeHead(302, {location: 'http://127.0.0.1:1/metrics'}).end();
      return;
    case 'compressed':
      response.writeHead(200, {'content-encoding': 'gzip'}).end(text);
      return;
    case 'half-a-line':
      response.end(text.slice(0, -3));
      return;
    case 'never-ends':
      drip(response);
      return;
    case undefined:
      response.writeHead(200, {'content-type': 'text/plain; version=0.0.4; charset=utf-8'}).end(text);
  }
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('# still going\n'), 50);
  response.on('close', () => {
    clearInterval(timer);
  });
}

export function vllmText({waiting, running, kvUsage, promptTokens}: Engine): string {
  const labels = '{engine="0",model_name="m"}';
  const line = (name: string, type: string, value: number | undefined): string =>
    value === undefined ? '' : `# HELP ${name} As told.\n# TYPE ${name} ${type}\n${name}${labels} ${String(value)}\n`;
  return [
    line('vllm:num_requests_waiting', 'gauge', waiting),
    line('vllm:num_requests_running', 'gauge', running),
    line('vllm:kv_cache_usage_perc', 'gauge', kvUsage),
    line('vllm:prompt_tokens_total', 'counter', promptTokens),
  ].join('');
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => {
      resolve();
    });
  });
}
