import assert from 'node:assert/strict';
import {test} from 'node:test';
import {readConfig} from '../../src/config.ts';

test('without flags the documented defaults hold', () => {
  const read = readConfig([], {});
  assert.ok('config' in read);
  assert.equal(read.config['leader-elect'], true);
  assert.deepEqual(read.config['http-address'], {host: '127.0.0.1', port: 8081});
  assert.deepEqual(read.config['target-kinds'], ['Deployment.apps', 'StatefulSet.apps', 'LeaderWorkerSet.leaderworkerset.x-k8s.io']);
});

test('a flag wins over its environment variable', () => {
  const env = {RSG_WATCH_NAMESPACE: 'from-env', RSG_LOG_LEVEL: 'debug'};
  const read = readConfig(['--watch-namespace', 'from-flag', '--allow-cross-namespace', 'a, b'], env);
  assert.ok('config' in read);
  assert.equal(read.config['watch-namespace'], 'from-flag');
  assert.equal(read.config['log-level'], 'debug');
  assert.deepEqual(read.config['allow-cross-namespace'], ['a', 'b']);
});

test('every mistake is told at once, with the flag it is in', () => {
  const args = ['--http-address', '8081', '--leader-elect=maybe', '--log-levl', 'info', '--target-kinds', 'Deployment', 'stray'];
  const read = readConfig(args, {RSG_WATCH_NAMESPACE: 'No_Namespace'});
  assert.ok('mistakes' in read);
  for (const flag of ['--http-address', '--leader-elect', '--log-levl', '--target-kinds', 'stray', '--watch-namespace']) {
    assert.ok(
      read.mistakes.some((mistake) => mistake.startsWith(flag)),
      `${flag} in ${read.mistakes.join('; ')}`,
    );
  }
});
