/** An HTTPS server of 127.0.0.1 that answers as a test says, with the certificates of a throwaway control plane. */
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {TLSSocket} from 'node:tls';
import {KubeConfig} from '@kubernetes/client-node';
import {writePki} from './pki.ts';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** CN of the client's certificate. */
  readonly user: string;
}

export type Handler = (request: Received, response: ServerResponse) => void;

export interface TlsServer {
  readonly port: number;
  /** Folder of the certificates: `admin.crt`, `kcm.crt`, `ca.crt` and their keys. */
  readonly pki: string;
  /** Every request so far. */
  readonly received: Received[];
  /** Connections so far. */
  connections(): number;
  /** Answers from now on; what came before is forgotten. */
  answer(handler: Handler): void;
  /** Of a user with the certificate `admin`, at `https://127.0.0.1:PORT` plus `path`. */
  config(path?: string, port?: number): KubeConfig;
  /** Clients end before the server does. */
  onClose(end: () => void): void;
  close(): Promise<void>;
}

export async function startTlsServer(): Promise<TlsServer> {
  const pki = await mkdtemp(join(tmpdir(), 'rsg-pki-'));
  await writePki(pki);
  const [key, cert, ca] = await Promise.all(['apiserver.key', 'apiserver.crt', 'ca.crt'].map((file) => readFile(join(pki, file))));
  const received: Received[] = [];
  let connections = 0;
  const ends: (() => void)[] = [];
  let handler: Handler = (_request, response) => response.writeHead(404).end();
  const server = createServer({key, cert, ca, requestCert: true, rejectUnauthorized: false}, (request, response) => {
    void text(request).then(
      (body) => {
        const {method = '', url = '', headers} = request;
        const one = {method, url, headers, body, user: commonName(request)};
        received.push(one);
        handler(one, response);
      },
      () => undefined,
    );
  });
  server.on('secureConnection', () => (connections += 1));
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
  const config = (path = '', at = port): KubeConfig => {
    const loaded = new KubeConfig();
    const server_ = {name: 'c', server: `https://127.0.0.1:${String(at)}${path}`, caFile: join(pki, 'ca.crt')};
    loaded.loadFromOptions({
      clusters: [server_],
      users: [{name: 'u', certFile: join(pki, 'admin.crt'), keyFile: join(pki, 'admin.key')}],
      contexts: [{name: 'x', cluster: 'c', user: 'u'}],
      currentContext: 'x',
    });
    return loaded;
  };
  return {
    port,
    pki,
    received,
    connections: () => connections,
    answer: (next) => {
      received.length = 0;
      handler = next;
    },
    config,
    onClose: (end) => ends.push(end),
    close: async () => {
      for (const end of ends) end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(pki, {recursive: true, force: true});
    },
  };
}

function commonName({socket}: IncomingMessage): string {
  const name = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : undefined;
  return typeof name === 'string' ? name : '';
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, {'content-type': 'application/json', ...headers}).end(JSON.stringify(body));
}
