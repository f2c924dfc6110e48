/** Starts the real program, controller and metrics adapter in one, with the flags that a user would give. */
import {createServer} from 'node:net';
import {runBothProcess} from '../compose.ts';
import {FLAGS, readConfig} from '../config.ts';

export interface Program {
  /** Where it serves the aggregated APIs. */
  readonly port: number;
  readonly done: Promise<number>;
}

export async function startProgram(
  {kubeconfig, namespace}: {kubeconfig: string; namespace: string},
  signal: AbortSignal,
): Promise<Program> {
  const port = await freePort();
  const flags = {
    kubeconfig,
    'watch-namespace': namespace,
    'leader-elect': 'false',
    'http-address': '127.0.0.1:0',
    'secure-address': `127.0.0.1:${String(port)}`,
    'keda-address': '127.0.0.1:0',
    'scrape-interval': '1s',
    'tls-secret': `${namespace}/rsg-metrics-adapter-tls`,
    'tls-names': `rsg-metrics-adapter.${namespace}.svc,localhost`,
    'log-level': 'error',
  };
  const read = readConfig(
    FLAGS.all,
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    {},
  );
  if ('mistakes' in read) throw new Error(read.mistakes.join('; '));
  return {port, done: runBothProcess(read.config, signal)};
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
