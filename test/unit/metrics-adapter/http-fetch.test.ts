/** What a pod's web server may do, and what comes of it. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {gzipSync} from 'node:zlib';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {createServer as createTcpServer, type AddressInfo} from 'node:net';
import {after, afterEach, before, describe, test} from 'node:test';
import {createFetcher, type Fetched, type Fetcher} from '../../../src/metrics-adapter/http-fetch.ts';
import type {Address} from '../../../src/metrics-adapter/pod-address.ts';
import {FakeClock} from '../../support/fake-clock.ts';

const MAX_BODY = 1000;
const TIMEOUT_MS = 400;
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe('fetching the metrics of a pod', () => {
  const clock = new FakeClock();
  let fetcher: Fetcher;
  let server: Server;
  let handler: Handler;
  let connections = 0;
  let address: Address;
  before(async () => {
    fetcher = createFetcher({clock, maxBody: MAX_BODY});
    server = createServer((request, response) => {
      handler(request, response);
    });
    server.on('connection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = {host: '127.0.0.1', port: (server.address() as AddressInfo).port, path: '/metrics', scheme: 'http'};
  });
  after(() => {
    fetcher.close();
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => {
    connections = 0;
  });
  const fetch = (signal = new AbortController().signal): Promise<Fetched> => fetcher.fetch(address, TIMEOUT_MS, signal);
  const failed = (fetched: Fetched): string => ('failure' in fetched ? `${fetched.failure}: ${fetched.problem}` : fetched.body.toString());

  test('asks for plain text, uncompressed, over a connection that is kept', async () => {
    let headers: IncomingMessage['headers'] = {};
    handler = (request, response) => {
      ({headers} = request);
      response.end('queue 1\n');
    };
    assert.equal(failed(await fetch()), 'queue 1\n');
    assert.equal(failed(await fetch()), 'queue 1\n');
    assert.equal(connections, 1);
    assert.deepEqual([headers.accept, headers['accept-encoding']], ['text/plain;version=0.0.4', 'identity']);
  });
  test('tells OpenMetrics by its content type', async () => {
    handler = (_request, response) => {
      response.writeHead(200, {'content-type': 'application/openmetrics-text; version=1.0.0'}).end('# EOF\n');
    };
    const fetched = await fetch();
    assert.ok('openMetrics' in fetched && fetched.openMetrics);
  });

  const REFUSED: readonly [string, Handler, string][] = [
    [
      'a redirect is not followed',
      (_request, response) => response.writeHead(302, {location: 'http://127.0.0.1:1/'}).end(),
      'redirect: it redirects (HTTP 302)',
    ],
    ['another status', (_request, response) => response.writeHead(404).end('no'), 'status: HTTP 404'],
    [
      'a compressed answer',
      (_request, response) => response.writeHead(200, {'content-encoding': 'gzip'}).end('x'),
      'encoded: its answer is compressed, which was not asked for',
    ],
    [
      'an answer that says it is too large',
      (_request, response) => response.writeHead(200, {'content-length': '1001'}).end(),
      'too_large: its answer is larger than 1000 bytes',
    ],
    [
      'an answer that turns out too large',
      (_request, response) => response.end('x'.repeat(1001)),
      'too_large: its answer is larger than 1000 bytes',
    ],
    [
      'a bomb of gzip is not even read',
      (_request, response) => response.writeHead(200, {'content-encoding': 'gzip'}).end(gzipSync(Buffer.alloc(1_000_000))),
      'encoded: its answer is compressed, which was not asked for',
    ],
    [
      'a redirect to another host is not followed',
      (_request, response) => response.writeHead(307, {location: 'http://127.0.0.2:1/metrics'}).end(),
      'redirect: it redirects (HTTP 307)',
    ],
    ['headers without an end', (_request, response) => response.writeHead(200, {'x-long': 'x'.repeat(100_000)}).end(), 'unreachable: '],
    [
      'an answer cut off',
      (_request, response) => {
        response.writeHead(200, {'content-length': '100'}).write('half');
        setImmediate(() => response.destroy());
      },
      'unreachable: its answer broke off: ',
    ],
  ];
  for (const [what, how, expected] of REFUSED) {
    test(what, async () => {
      handler = how;
      const said = failed(await fetch());
      assert.ok(said.startsWith(expected), said);
    });
  }

  const SLOW: readonly [string, Handler][] = [
    ['no answer', () => undefined],
    ['a body that never ends', (_request, response) => response.writeHead(200).write('# still\n')],
  ];
  for (const [what, how] of SLOW) {
    test(`${what} ends with the time`, async () => {
      const asked = new Promise<void>((resolve) => {
        handler = (request, response) => {
          how(request, response);
          resolve();
        };
      });
      const fetched = fetch();
      await asked;
      await clock.advance(TIMEOUT_MS);
      assert.equal(failed(await fetched), 'timeout: no whole answer in 400 ms');
    });
  }
  test('an endless body is read to its limit and no further, and its connection is closed', async () => {
    let sent = 0;
    const closed = new Promise<void>((resolve) => {
      handler = (_request, response) => {
        const pour = (): void => {
          sent += 100;
          if (!response.destroyed && sent < 100_000_000) response.write('x'.repeat(100), pour);
        };
        response.on('close', resolve);
        response.writeHead(200);
        pour();
      };
    });
    assert.equal(failed(await fetch()), 'too_large: its answer is larger than 1000 bytes');
    await closed;
    assert.ok(sent < 100_000_000);
  });
  test('a body that drips ends with the time, however lively it is', async () => {
    const asked = new Promise<void>((resolve) => {
      handler = (_request, response) => {
        response.writeHead(200).write('queue');
        let left = 900;
        const drip = (): void => {
          left -= 1;
          if (left > 0 && !response.destroyed) response.write(' ', () => setImmediate(drip));
          if (left === 0) resolve();
        };
        drip();
      };
    });
    const fetched = fetch();
    await asked;
    await clock.advance(TIMEOUT_MS);
    assert.equal(failed(await fetched), 'timeout: no whole answer in 400 ms');
  });
  test('the end of the process ends it', async () => {
    const stop = new AbortController();
    const asked = new Promise<void>((resolve) => {
      handler = () => {
        resolve();
      };
    });
    const fetched = fetch(stop.signal);
    await asked;
    stop.abort();
    assert.ok('failure' in (await fetched));
  });
  test('a kept connection that the engine has closed is opened anew, once', async () => {
    handler = (_request, response) => response.end('queue 1\n');
    await fetch();
    let turns = 0;
    handler = (request, response) => {
      turns += 1;
      if (turns === 1) request.socket.destroy();
      else response.end('queue 2\n');
    };
    assert.equal(failed(await fetch()), 'queue 2\n');
  });
  const IMPOSSIBLE: readonly [string, Partial<Address>][] = [
    ['a path with a blank', {path: '/met rics'}],
    ['a port that is none', {port: 99_999}],
  ];
  for (const [what, part] of IMPOSSIBLE) {
    test(`${what} is a failure of that pod, and of nothing else`, async () => {
      const said = failed(await fetcher.fetch({...address, ...part}, TIMEOUT_MS, new AbortController().signal));
      assert.ok(said.startsWith('unreachable: it cannot be asked: '), said);
    });
  }
  test('nobody listens', async () => {
    const spare = createTcpServer().listen(0, '127.0.0.1');
    await once(spare, 'listening');
    const {port} = spare.address() as AddressInfo;
    spare.close();
    await once(spare, 'close');
    assert.equal(failed(await fetcher.fetch({...address, port}, TIMEOUT_MS, new AbortController().signal)), 'refused: connection refused');
  });
  test('something that is not HTTP', async () => {
    const spare = createTcpServer((socket) => socket.end('SSH-2.0-x\r\n')).listen(0, '127.0.0.1');
    await once(spare, 'listening');
    const {port} = spare.address() as AddressInfo;
    const said = failed(await fetcher.fetch({...address, port}, TIMEOUT_MS, new AbortController().signal));
    spare.close();
    assert.equal(said, 'unreachable: it does not speak HTTP');
  });
});
