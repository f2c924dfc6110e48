/**
 * The gRPC server of KEDA's external scaler: HTTP/2 in clear text, as KEDA speaks it unless a trigger names certificates (`enableTLS`, or
 * `caCert` in its TriggerAuthentication), or over TLS with the certificate of the aggregated APIs. One port speaks one of them.
 */
import type {Http2SecureServer, Http2Server, ServerHttp2Session} from 'node:http2';
import {fastifyConnectPlugin} from '@connectrpc/connect-fastify';
import fastify from 'fastify';
import type {KeyPair} from '../api-server.ts';
import {scalerRoutes, type ScalerDeps} from './scaler.ts';

export interface KedaServer {
  /** `http://HOST:PORT` or `https://…`, the port as bound. */
  readonly url: string;
  /** For connections from now on. Nothing without TLS. */
  readonly useCertificate: (pair: KeyPair) => void;
  close(): Promise<void>;
}

export interface KedaServerOptions {
  readonly host: string;
  readonly port: number;
  /** With one it speaks TLS only. */
  readonly pair?: KeyPair | undefined;
}

const MIN_TLS = {minVersion: 'TLSv1.2'} as const;
/** KEDA keeps a connection for as long as a ScaledObject lives, however rarely it calls. */
const HTTP2 = {logger: false, http2: true, http2SessionTimeout: 0} as const;

export async function startKedaServer({host, port, pair}: KedaServerOptions, deps: ScalerDeps): Promise<KedaServer> {
  const plugin = {routes: scalerRoutes(deps), grpc: true, connect: false, grpcWeb: false};
  if (pair === undefined) {
    const server = fastify(HTTP2);
    const sessions = sessionsOf(server.server);
    await server.register(fastifyConnectPlugin, plugin);
    const url = await server.listen({host, port});
    return {url, useCertificate: () => undefined, close: () => closing(sessions, () => server.close())};
  }
  const server = fastify({...HTTP2, https: {...MIN_TLS, ...pair}});
  const sessions = sessionsOf(server.server);
  await server.register(fastifyConnectPlugin, plugin);
  const url = await server.listen({host, port});
  return {
    url,
    useCertificate: (next) => {
      server.server.setSecureContext({...MIN_TLS, ...next});
    },
    close: () => closing(sessions, () => server.close()),
  };
}

/** Those that are open. */
function sessionsOf(server: Http2Server | Http2SecureServer): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  return sessions;
}

/** Streams never end by themselves. */
async function closing(sessions: ReadonlySet<ServerHttp2Session>, close: () => Promise<void>): Promise<void> {
  for (const session of sessions) session.destroy();
  await close();
}
