import assert from 'node:assert/strict';
import type {ServerResponse} from 'node:http';
import {connect as dial, createServer, type AddressInfo, type Socket} from 'node:net';
import {after, before, describe, test} from 'node:test';
import type {KubeClient} from '../../../src/kube/client.ts';
import {isKubeError} from '../../../src/kube/errors.ts';
import {fencedClient, openFence, type Fence} from '../../../src/kube/fence.ts';
import type {KubeObject, ResourceType} from '../../../src/api/objects.ts';
import {connectTo, until} from '../../support/client.ts';
import {settle} from '../../support/fake-clock.ts';
import {json, startTlsServer, type TlsServer} from '../../support/tls-server.ts';

const DEPLOYMENT: ResourceType = {group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true};
const object: KubeObject = {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: 'a', namespace: 'ns'}};
const ref = {type: DEPLOYMENT, namespace: 'ns', name: 'a'};

/** What a lease is to the client: leading ends silently first, as for a process that was stopped; the signal follows later. */
class Lease implements Fence {
  readonly end = new AbortController();
  readonly signal = this.end.signal;
  expired = false;
  closed = (): string | undefined => (this.expired ? 'another may lead' : undefined);
}

const WRITES: readonly [string, (client: KubeClient) => Promise<unknown>][] = [
  ['create', (client) => client.create(DEPLOYMENT, object)],
  ['replace', (client) => client.replace(ref, object, {subresource: 'status'})],
  ['patch', (client) => client.patch(ref, {})],
  ['delete', (client) => client.delete(ref, {propagation: 'Foreground'})],
];

let server: TlsServer;
before(async () => {
  server = await startTlsServer();
});
after(() => server.close());
const connect = (fence: Fence, port?: number): KubeClient =>
  fencedClient(connectTo(server, {config: server.config('', port), maxInFlight: 8}).client, fence);
const aborted = (error: unknown): boolean => isKubeError(error, 'Aborted');

interface Gate {
  readonly port: number;
  /** Whether all that may pass has passed. */
  stopped(): boolean;
  open(): void;
  readonly close: () => void;
}

/** In front of the server: of each connection so many bytes pass, and the rest once the gate is open. */
async function startGate(bytes: number): Promise<Gate> {
  const sockets: Socket[] = [];
  let open = false;
  let stopped = false;
  const gate = createServer((socket) => {
    let passed = 0;
    const hold = (): void => {
      stopped = true;
      socket.pause();
    };
    sockets.push(socket);
    const onward = dial(server.port, '127.0.0.1');
    onward.on('error', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => onward.destroy());
    onward.pipe(socket);
    socket.on('data', (chunk) => {
      passed += chunk.length;
      onward.write(chunk);
      if (!open && passed >= bytes) hold();
    });
    socket.on('end', () => onward.end());
    if (bytes === 0) hold();
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  return {
    port: (gate.address() as AddressInfo).port,
    stopped: () => stopped,
    open: () => {
      open = true;
      for (const socket of sockets) socket.resume();
    },
    close: () => {
      gate.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe('a process whose lease has run out', () => {
  for (const [verb, write] of WRITES) {
    test(`sends no ${verb}, though nothing has told it yet; reads go on`, async () => {
      server.answer((_request, response) => {
        json(response, object);
      });
      const lease = new Lease();
      const client = connect(lease);
      await write(client);
      lease.expired = true;
      await assert.rejects(write(client), aborted);
      await client.get(ref);
      assert.deepEqual(
        server.received.map(({method}) => method === 'GET'),
        [false, true],
      );
    });
  }

  test('does not send what was waiting for room', async () => {
    const held: ServerResponse[] = [];
    server.answer((_request, response) => held.push(response));
    const lease = new Lease();
    const client = connect(lease);
    const writes = Array.from({length: 12}, () => client.create(DEPLOYMENT, object));
    const ends = Promise.allSettled(writes);
    await until(() => held.length === 7);
    lease.expired = true;
    for (const response of held) json(response, object);
    const results = await ends;
    assert.equal(results.filter(({status}) => status === 'fulfilled').length, 7);
    assert.equal(server.received.length, 7);
  });

  // Until the gate opens no handshake ends, or no request is whole.
  const long = {...object, metadata: {...object.metadata, annotations: {long: 'x'.repeat(20_000_000)}}};
  for (const [what, bytes, sent] of [
    ['send what was waiting for its connection', 0, object],
    ['complete what is only in part on its way', 100_000, long],
  ] as const) {
    test(`does not ${what}`, async (context) => {
      server.answer((_request, response) => {
        json(response, object);
      });
      const gate = await startGate(bytes);
      context.after(gate.close);
      const lease = new Lease();
      const write = assert.rejects(connect(lease, gate.port).create(DEPLOYMENT, sent), aborted);
      await until(() => gate.stopped());
      await settle();
      lease.expired = true;
      gate.open();
      await write;
      assert.equal(server.received.length, 0);
    });
  }

  test('cuts what is in flight once it knows', async () => {
    let cut = false;
    server.answer((_request, response) => response.on('close', () => (cut = true)));
    const lease = new Lease();
    const write = assert.rejects(connect(lease).create(DEPLOYMENT, object), aborted);
    await until(() => server.received.length === 1);
    lease.end.abort();
    await write;
    await until(() => cut);
  });
});

test('a process that needs no lease writes until its signal', async () => {
  server.answer((_request, response) => {
    json(response, object);
  });
  const end = new AbortController();
  const client = connect(openFence(end.signal));
  await client.create(DEPLOYMENT, object);
  end.abort();
  await assert.rejects(client.create(DEPLOYMENT, object), aborted);
  assert.equal(server.received.length, 1);
});
