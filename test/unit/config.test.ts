import assert from 'node:assert/strict';
import {test} from 'node:test';
import {FLAGS, readConfig} from '../../src/config.ts';

test('without flags the documented defaults hold', () => {
  const read = readConfig(FLAGS.controller, [], {});
  assert.ok('config' in read);
  assert.equal(read.config['leader-elect'], true);
  assert.deepEqual(read.config['http-address'], {host: '127.0.0.1', port: 8081});
  assert.deepEqual(read.config['target-kinds'], ['Deployment.apps', 'StatefulSet.apps', 'LeaderWorkerSet.leaderworkerset.x-k8s.io']);
});

test('a flag wins over its environment variable', () => {
  const env = {RSG_WATCH_NAMESPACE: 'from-env', RSG_LOG_LEVEL: 'debug'};
  const read = readConfig(FLAGS.controller, ['--watch-namespace', 'from-flag', '--allow-cross-namespace', 'a, b'], env);
  assert.ok('config' in read);
  assert.equal(read.config['watch-namespace'], 'from-flag');
  assert.equal(read.config['log-level'], 'debug');
  assert.deepEqual(read.config['allow-cross-namespace'], ['a', 'b']);
});

test('every mistake is told at once, with the flag it is in', () => {
  const args = ['--http-address', '8081', '--leader-elect=maybe', '--log-levl', 'info', '--target-kinds', 'Deployment', 'stray'];
  const read = readConfig(FLAGS.controller, args, {RSG_WATCH_NAMESPACE: 'No_Namespace'});
  assert.ok('mistakes' in read);
  for (const flag of ['--http-address', '--leader-elect', '--log-levl', '--target-kinds', 'stray', '--watch-namespace']) {
    assert.ok(
      read.mistakes.some((mistake) => mistake.startsWith(flag)),
      `${flag} in ${read.mistakes.join('; ')}`,
    );
  }
});

test('each role takes its own flags only, and both roles in one process take all of them', () => {
  const secure = ['--secure-address', '127.0.0.1:7443'];
  assert.ok('mistakes' in readConfig(FLAGS.controller, secure, {}));
  for (const role of ['metrics-adapter', 'all'] as const) assert.ok('config' in readConfig(FLAGS[role], secure, {}), role);
  assert.ok('mistakes' in readConfig(FLAGS['metrics-adapter'], ['--leader-elect=false'], {}));
  assert.ok('config' in readConfig(FLAGS.all, ['--leader-elect=false', ...secure], {}));
});

test('the adapter without flags listens where the documentation says', () => {
  const read = readConfig(FLAGS['metrics-adapter'], [], {});
  assert.ok('config' in read);
  assert.deepEqual(read.config['secure-address'], {host: '127.0.0.1', port: 6443});
  assert.deepEqual(read.config['keda-address'], {host: '127.0.0.1', port: 9090});
  assert.equal(read.config['scrape-interval'], 15_000);
  assert.equal(read.config['min-coverage'], 0.8);
  assert.deepEqual(read.config['tls-secret'], {namespace: 'default', name: 'rsg-metrics-adapter-tls'});
});

test('durations and shares are read, and refused with their flag', () => {
  const good = readConfig(FLAGS['metrics-adapter'], ['--scrape-interval', '500ms', '--min-coverage', '0.5'], {RSG_TLS_SECRET: 'rsg/tls'});
  assert.ok('config' in good);
  assert.equal(good.config['scrape-interval'], 500);
  assert.equal(good.config['min-coverage'], 0.5);
  assert.deepEqual(good.config['tls-secret'], {namespace: 'rsg', name: 'tls'});
  const args = [
    '--scrape-interval',
    '15',
    '--min-coverage',
    '80',
    '--tls-secret',
    'tls',
    '--prometheus-url',
    'prometheus',
    '--tls-names',
    '',
  ];
  const bad = readConfig(FLAGS['metrics-adapter'], args, {});
  assert.ok('mistakes' in bad);
  assert.deepEqual(bad.mistakes.map((mistake) => mistake.split(':')[0]).sort(), [
    '--min-coverage',
    '--prometheus-url',
    '--scrape-interval',
    '--tls-names',
    '--tls-secret',
  ]);
});

test('a certificate without its key is a mistake', () => {
  const read = readConfig(FLAGS['metrics-adapter'], ['--tls-cert-file', 'tls.crt'], {});
  assert.ok('mistakes' in read);
  assert.deepEqual(read.mistakes, ['--tls-cert-file: goes with --tls-key-file: give both or neither']);
});
