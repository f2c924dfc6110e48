/** A real client on a TLS server of a test, with a clock that the test moves. */
import assert from 'node:assert/strict';
import {Registry} from 'prom-client';
import {createKubeClient, type ClientOptions, type KubeClient} from '../../src/kube/client.ts';
import {KubeError} from '../../src/kube/errors.ts';
import {createClientMetrics} from '../../src/kube/metrics.ts';
import {FakeClock} from './fake-clock.ts';
import type {TlsServer} from './tls-server.ts';

export interface TestClient {
  readonly client: KubeClient;
  readonly clock: FakeClock;
  readonly registry: Registry;
}

export function connectTo(server: TlsServer, more: Partial<ClientOptions> = {}): TestClient {
  const clock = new FakeClock();
  const registry = new Registry();
  const options = {config: server.config(), requestTimeoutMs: 30_000, userAgent: 'test', ...more};
  const client = createKubeClient(options, {clock, random: () => 1, metrics: createClientMetrics(registry)});
  server.onClose(() => {
    client.close();
  });
  return {client, clock, registry};
}

/** The KubeError that a call ends with. */
export async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof KubeError, `a KubeError, not ${String(error)}`);
  return error;
}

/** Moves the clock on until the promise settles: between its steps the network needs real turns. */
export async function advancing<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const over = new AbortController();
  const done = promise.finally(() => {
    over.abort();
  });
  done.catch(() => undefined);
  for (let turn = 0; !over.signal.aborted && turn < 100; turn += 1) {
    await networkTurns(20);
    await clock.advance(500);
  }
  return await done;
}

export async function networkTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export async function until(what: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5000 && !what(); turn += 1) await networkTurns(1);
  assert.ok(what());
}
