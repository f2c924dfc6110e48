/**
 * Engines that hold real HTTP streams, and what a kubelet does to them: one process plays every pod, told apart by the address at which it
 * was reached. A stream lasts until the test ends it; the pod's deletion cuts it, as SIGTERM would.
 */
import {createServer, get, type IncomingMessage, type ServerResponse} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import type {ControlPlane} from './control-plane.ts';
import {vllmText} from './engines.ts';

export interface StreamingEngines {
  readonly port: number;
  /** What a pod's metrics lack; by its IP. */
  lacks: (podIp: string) => 'kvUsage' | undefined;
  /** Opens a stream on a pod. `ended` tells how: `finished` only if its last word has arrived. */
  open(podIp: string): Promise<{readonly ended: Promise<'finished' | 'cut'>}>;
  /** Lets the oldest stream of a pod come to its end. */
  finishOne(podIp: string): void;
  close(): Promise<void>;
}

const LAST_WORD = 'done\n';
const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({deletionTimestamp: z.string().optional()}),
      status: z.object({podIP: z.string().optional()}).prefault({}),
    }),
  ),
});

export async function startStreamingEngines(cluster: ControlPlane): Promise<StreamingEngines> {
  const streams = new Map<string, ServerResponse[]>();
  const server = createServer((request, response) => {
    const ip = (request.socket.localAddress ?? '').replace('::ffff:', '');
    if (request.url === '/generate') {
      response.writeHead(200).write('word\n');
      streams.set(ip, [...(streams.get(ip) ?? []), response]);
      return;
    }
    const kvUsage = engines.lacks(ip) === 'kvUsage' ? {} : {kvUsage: 0.5};
    response.end(vllmText({waiting: 0, running: streams.get(ip)?.length ?? 0, ...kvUsage}));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '0.0.0.0', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const ended = new AbortController();
  const kubelet = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const alive = await livePods(cluster).catch(() => undefined);
      for (const [ip, open] of alive === undefined ? [] : streams) {
        if (alive?.has(ip) === true) continue;
        for (const response of open) response.destroy();
        streams.delete(ip);
      }
      await sleep(100, undefined, {signal: ended.signal}).catch(() => undefined);
    }
  };
  const playing = kubelet();
  const engines: StreamingEngines = {
    port,
    lacks: () => undefined,
    open: (ip) => openStream(`http://${ip}:${String(port)}/generate`),
    finishOne: (ip) => {
      const [first, ...rest] = streams.get(ip) ?? [];
      first?.end(LAST_WORD);
      streams.set(ip, rest);
    },
    close: async () => {
      ended.abort();
      await playing;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return engines;
}

function openStream(url: string): Promise<{ended: Promise<'finished' | 'cut'>}> {
  return new Promise((resolve, reject) => {
    get(url, {agent: false}, (response) => {
      resolve({ended: endOf(response)});
    }).on('error', reject);
  });
}

function endOf(response: IncomingMessage): Promise<'finished' | 'cut'> {
  return new Promise((resolve) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk));
    response.on('error', () => {
      resolve('cut');
    });
    response.on('close', () => {
      resolve(text.endsWith(LAST_WORD) ? 'finished' : 'cut');
    });
  });
}

/** IPs of pods that are not being deleted. */
async function livePods(cluster: ControlPlane): Promise<ReadonlySet<string>> {
  const {status, body} = await cluster.get('/api/v1/pods');
  if (status !== 200) throw new Error(`pods cannot be listed: ${String(status)}`);
  const {items} = podList.parse(JSON.parse(body));
  return new Set(
    items.flatMap(({metadata, status: {podIP}}) => (podIP === undefined || metadata.deletionTimestamp !== undefined ? [] : [podIP])),
  );
}
