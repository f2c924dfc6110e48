/** Asks a Node process that was started with --inspect for what it really holds: its heap after a forced collection. */
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';

export interface Heap {
  readonly usedMiB: number;
  readonly residentMiB: number;
  /** Timers, sockets and the like that keep it alive. */
  readonly resources: number;
}

const targetsSchema = z.array(z.object({webSocketDebuggerUrl: z.string()}));
const answerSchema = z.object({id: z.number().optional(), result: z.object({result: z.object({value: z.string()}).optional()}).optional()});
const heapSchema = z.object({heapUsed: z.number(), rss: z.number(), resources: z.number()});
const EXPRESSION = 'JSON.stringify({...process.memoryUsage(), resources: process.getActiveResourcesInfo().length})';

/** `port` is the inspector's, on 127.0.0.1. */
export async function heapOf(port: number): Promise<Heap> {
  const targets = targetsSchema.parse(await (await fetch(`http://127.0.0.1:${String(port)}/json/list`)).json());
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '');
  await new Promise((resolve) => {
    socket.addEventListener('open', resolve, {once: true});
  });
  let last = 0;
  const call = async (method: string, params: object = {}): Promise<string | undefined> => {
    const id = (last += 1);
    const answered = new Promise<string | undefined>((resolve) => {
      socket.addEventListener('message', ({data}) => {
        const answer = answerSchema.parse(JSON.parse(String(data)));
        if (answer.id === id) resolve(answer.result?.result?.value);
      });
    });
    socket.send(JSON.stringify({id, method, params}));
    return await answered;
  };
  await call('HeapProfiler.enable');
  // What only a finalizer frees is free after the second.
  for (let turn = 0; turn < 2; turn += 1) {
    await call('HeapProfiler.collectGarbage');
    await sleep(200);
  }
  const {heapUsed, rss, resources} = heapSchema.parse(JSON.parse((await call('Runtime.evaluate', {expression: EXPRESSION})) ?? '{}'));
  await call('HeapProfiler.disable');
  socket.close();
  return {usedMiB: heapUsed / 2 ** 20, residentMiB: rss / 2 ** 20, resources};
}
