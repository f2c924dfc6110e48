/** `/livez`, `/readyz`, `/healthz` and `/metrics`, and whatever a role adds to them. */
import fastify, {type FastifyInstance} from 'fastify';
import type {Registry} from 'prom-client';

export interface HealthServer {
  /** `http://HOST:PORT`, the port as bound. */
  readonly url: string;
  close(): Promise<void>;
}

export interface HealthDeps {
  readonly registry: Registry;
  /** Why it is not ready yet, or undefined. */
  readonly notReady: () => string | undefined;
  /** Called before `/metrics` is read. */
  readonly beforeMetrics?: (() => void) | undefined;
  /** More routes. */
  readonly routes?: ((server: FastifyInstance) => void) | undefined;
}

export async function startHealthServer(
  address: {readonly host: string; readonly port: number},
  {registry, notReady, beforeMetrics, routes}: HealthDeps,
): Promise<HealthServer> {
  const server = fastify({logger: false, forceCloseConnections: true});
  for (const path of ['/livez', '/healthz']) server.get(path, () => 'ok\n');
  server.get('/readyz', (_request, reply) => {
    const why = notReady();
    return why === undefined ? reply.send('ok\n') : reply.code(503).send(`${why}\n`);
  });
  server.get('/metrics', async (_request, reply) => {
    beforeMetrics?.();
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  routes?.(server);
  const url = await server.listen(address);
  return {url, close: () => server.close()};
}
