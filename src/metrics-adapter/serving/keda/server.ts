/** The gRPC server of KEDA's external scaler: HTTP/2 in clear text, as KEDA speaks it unless a trigger names certificates. */
import type {ServerHttp2Session} from 'node:http2';
import {fastifyConnectPlugin} from '@connectrpc/connect-fastify';
import fastify from 'fastify';
import {scalerRoutes, type ScalerDeps} from './scaler.ts';

export interface KedaServer {
  /** `http://HOST:PORT`, the port as bound. */
  readonly url: string;
  close(): Promise<void>;
}

export async function startKedaServer(address: {readonly host: string; readonly port: number}, deps: ScalerDeps): Promise<KedaServer> {
  // KEDA keeps a connection for as long as a ScaledObject lives, however rarely it calls.
  const server = fastify({logger: false, http2: true, http2SessionTimeout: 0});
  const sessions = new Set<ServerHttp2Session>();
  server.server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  await server.register(fastifyConnectPlugin, {routes: scalerRoutes(deps), grpc: true, connect: false, grpcWeb: false});
  const url = await server.listen(address);
  return {
    url,
    close: async () => {
      // Streams never end by themselves.
      for (const session of sessions) session.destroy();
      await server.close();
    },
  };
}
