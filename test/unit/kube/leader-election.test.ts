import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {KubeObject} from '../../../src/api/objects.ts';
import type {KubeClient} from '../../../src/kube/client.ts';
import {KubeError, type KubeErrorCode} from '../../../src/kube/errors.ts';
import type {Fence} from '../../../src/kube/fence.ts';
import {runAsLeader} from '../../../src/kube/leader-election.ts';
import {FakeClock, settle} from '../../support/fake-clock.ts';
import {silentLog} from '../../support/silent-log.ts';

const fault = (code: KubeErrorCode): KubeError => new KubeError(code, {code, status: 0});

/** The API server as far as one Lease goes, and what may happen on the way to it. */
class LeaseServer {
  lease: KubeObject | undefined;
  writes = 0;
  down = false;
  /** Writes arrive, but no answer comes back until the signal aborts. */
  mute = false;

  get spec(): {
    holderIdentity?: string;
    leaseTransitions?: number;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
  } {
    return this.lease?.['spec'] ?? {};
  }
  hold(holderIdentity: string, more: object = {}): void {
    this.#store({spec: {holderIdentity, leaseDurationSeconds: 15, leaseTransitions: 3, renewTime: '1999-01-01T00:00:00.000000Z', ...more}});
  }
  get client(): KubeClient {
    const answer = async (signal: AbortSignal | undefined, work: () => KubeObject): Promise<KubeObject> => {
      if (this.down) throw fault('Unreachable');
      const result = work();
      if (this.mute) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      return result;
    };
    const partial: Pick<KubeClient, 'get' | 'create' | 'replace'> = {
      get: (_ref, signal) =>
        answer(signal, () => {
          if (this.lease === undefined) throw fault('NotFound');
          return this.lease;
        }),
      create: (_type, object, more) =>
        answer(more?.signal, () => {
          if (this.lease !== undefined) throw fault('AlreadyExists');
          return this.#store(object);
        }),
      replace: (_ref, object, more) =>
        answer(more?.signal, () => {
          if (object.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) throw fault('Conflict');
          return this.#store(object);
        }),
    };
    return partial as KubeClient;
  }
  #store(object: object): KubeObject {
    this.writes += 1;
    const metadata = {name: 'rsg', namespace: 'ns', resourceVersion: String(this.writes)};
    this.lease = {apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...object, metadata};
    return this.lease;
  }
}

function candidate(server: LeaseServer, identity: string, clock: FakeClock) {
  const end = new AbortController();
  let fence: Fence | undefined;
  let finish: (error?: Error) => void = () => undefined;
  const lead = (given: Fence): Promise<void> => {
    fence = given;
    return new Promise((resolve, reject) => {
      finish = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
      given.signal.addEventListener('abort', () => {
        resolve();
      });
    });
  };
  const told: boolean[] = [];
  const deps = {client: server.client, clock, log: silentLog, random: () => 0, onLeading: (leads: boolean) => told.push(leads)};
  const result = runAsLeader({namespace: 'ns', name: 'rsg', identity}, deps, lead, end.signal);
  result.catch(() => undefined);
  return {
    result,
    told,
    stop: () => {
      end.abort();
    },
    finish: (error?: Error) => {
      finish(error);
    },
    leads: () => fence !== undefined && !fence.signal.aborted && fence.closed() === undefined,
    fence: () => fence,
  };
}

describe('leader election', () => {
  test('takes a lease that nobody made, and renews it with one write each time', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const one = candidate(server, 'one', clock);
    await settle();
    assert.ok(one.leads());
    assert.equal(server.spec.holderIdentity, 'one');
    await clock.advance(60_000);
    assert.ok(one.leads());
    assert.equal(server.writes, 31);
    assert.notEqual(server.spec.acquireTime, server.spec.renewTime);
    one.stop();
    assert.equal(await one.result, 'stopped');
    assert.deepEqual(one.told, [true, false]);
  });

  test('waits for another holder, by its own clock: times in the lease are never compared', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    server.hold('other');
    const one = candidate(server, 'one', clock);
    for (let beat = 0; beat < 10; beat += 1) {
      await clock.advance(10_000);
      server.hold('other');
    }
    assert.ok(!one.leads(), 'a lease that moves is alive, however old its times');
    await clock.advance(14_000);
    assert.ok(!one.leads());
    await clock.advance(4_000);
    assert.ok(one.leads());
    assert.deepEqual([server.spec.holderIdentity, server.spec.leaseTransitions], ['one', 4]);
    one.stop();
    await one.result;
  });

  test('waits as long as a holder with a longer lease was promised', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    server.hold('other', {leaseDurationSeconds: 60});
    const one = candidate(server, 'one', clock);
    await clock.advance(59_000);
    assert.ok(!one.leads());
    await clock.advance(4_000);
    assert.ok(one.leads());
    one.stop();
    await one.result;
  });

  test('gives the lease up at a clean end, so that a successor leads at its next look', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const one = candidate(server, 'one', clock);
    await settle();
    const two = candidate(server, 'two', clock);
    await clock.advance(10_000);
    assert.ok(one.leads() && !two.leads());
    one.stop();
    assert.equal(await one.result, 'stopped');
    await clock.advance(2_000);
    assert.ok(two.leads());
    two.stop();
    await two.result;
  });

  test('gives it up also when the work fails, and passes the failure on', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const one = candidate(server, 'one', clock);
    await settle();
    one.finish(new Error('a bug'));
    await assert.rejects(one.result, /a bug/u);
    assert.equal(server.spec.holderIdentity, '');
  });

  test('of two that see no holder one leads', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const all = ['one', 'two', 'three'].map((identity) => candidate(server, identity, clock));
    await clock.advance(30_000);
    assert.equal(all.filter((each) => each.leads()).length, 1);
    for (const each of all) each.stop();
    await Promise.all(all.map((each) => each.result));
  });

  const losses: readonly [string, (server: LeaseServer) => void][] = [
    ['the API server is away', (server) => (server.down = true)],
    ['answers do not come back', (server) => (server.mute = true)],
  ];
  for (const [name, begin] of losses) {
    test(`ends leading before another may start when ${name}`, async () => {
      const [server, clock] = [new LeaseServer(), new FakeClock()];
      const one = candidate(server, 'one', clock);
      await clock.advance(5_000);
      begin(server);
      await clock.advance(8_000);
      await clock.advance(4_000);
      assert.ok(!one.leads());
      assert.equal(await one.result, 'lost');
      assert.equal(server.spec.holderIdentity, 'one', 'a lost lease is not given up');
    });
  }

  test('survives a short outage', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const one = candidate(server, 'one', clock);
    await clock.advance(5_000);
    server.down = true;
    await clock.advance(6_000);
    server.down = false;
    await clock.advance(60_000);
    assert.ok(one.leads());
    one.stop();
    await one.result;
  });

  test('a conflicting write of its own lease (kubectl edit) is read again and renewed', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const one = candidate(server, 'one', clock);
    await clock.advance(5_000);
    server.hold('one');
    await clock.advance(30_000);
    assert.ok(one.leads());
    one.stop();
    await one.result;
  });

  test('ends at once when another holds the lease', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const one = candidate(server, 'one', clock);
    await clock.advance(5_000);
    server.hold('other');
    await clock.advance(2_000);
    assert.equal(await one.result, 'lost');
    assert.equal(server.spec.holderIdentity, 'other');
  });

  test('a process that was stopped past its lease finds the fence closed before anything of its own has run', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const one = candidate(server, 'one', clock);
    await clock.advance(5_000);
    const fence = one.fence();
    clock.jump(20_000);
    assert.match(fence?.closed() ?? '', /not renewed in time/u);
    assert.equal(fence?.signal.aborted, false);
    await clock.advance(2_000);
    assert.equal(await one.result, 'lost');
    assert.match(fence.closed() ?? '', /leads no more/u);
  });

  for (const [name, wall, monotonic] of [
    ['its clock was set back', -3_600_000, 20_000],
    ['the machine slept', 20_000, 0],
  ] as const) {
    test(`the fence also closes when ${name} meanwhile`, async () => {
      const [server, clock] = [new LeaseServer(), new FakeClock()];
      const one = candidate(server, 'one', clock);
      await clock.advance(5_000);
      clock.jump(wall, monotonic);
      assert.ok(!one.leads());
      await clock.advance(2_000);
      assert.equal(await one.result, 'lost');
    });
  }

  test('a lease counts from when it was asked for, not from when the answer came', async () => {
    const [server, clock] = [new LeaseServer(), new FakeClock()];
    const client = server.client;
    const slow = {
      ...client,
      create: async (...args: Parameters<KubeClient['create']>) => {
        const made = await client.create(...args);
        clock.jump(20_000);
        return made;
      },
    };
    const end = new AbortController();
    let closed: string | undefined;
    const lead = (fence: Fence): Promise<void> => {
      closed = fence.closed();
      return Promise.resolve();
    };
    const deps = {client: slow, clock, log: silentLog, random: () => 0};
    await runAsLeader({namespace: 'ns', name: 'rsg', identity: 'one'}, deps, lead, end.signal);
    assert.match(closed ?? '', /not renewed in time/u);
  });
});
