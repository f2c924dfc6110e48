/** `/livez`, `/readyz` and `/metrics`. */
import fastify from 'fastify';
import type {Registry} from 'prom-client';

export interface HealthServer {
  /** `http://HOST:PORT`, the port as bound. */
  readonly url: string;
  close(): Promise<void>;
}

/** `notReady` answers why it is not ready yet, or undefined. */
export async function startHealthServer(
  address: {readonly host: string; readonly port: number},
  {registry, notReady}: {registry: Registry; notReady: () => string | undefined},
): Promise<HealthServer> {
  const server = fastify({logger: false});
  server.get('/livez', () => 'ok\n');
  server.get('/readyz', (_request, reply) => {
    const why = notReady();
    return why === undefined ? reply.send('ok\n') : reply.code(503).send(`${why}\n`);
  });
  server.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  const url = await server.listen(address);
  return {url, close: () => server.close()};
}
