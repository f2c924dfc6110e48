import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {rewriteText, type HostNames} from '../../../src/controller/host-names.ts';

const here = (name: string, to = `${name}-group1`): {name: string; namespace: string; to: string} => ({name, namespace: 'llm', to});
const NAMES: HostNames = {
  services: [here('decode'), here('decode-headless'), here('router', 'router')],
  pods: [here('decode'), here('prefill'), here('router')],
  home: 'llm',
  plainWords: new Set(),
};
const rewrite = (text: string, key?: string): string => rewriteText(text, key, NAMES).text;

describe('a whole host name is the group’s own', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['in a URL', 'http://decode/v1', 'http://decode-group1/v1'],
    ['in a URL with a port', 'http://decode:8000/v1/models', 'http://decode-group1:8000/v1/models'],
    ['in a URL with a user', 'redis://user:pw@decode:6379', 'redis://user:pw@decode-group1:6379'],
    ['in a URL of any scheme', 'zmq+tcp://decode:5555', 'zmq+tcp://decode-group1:5555'],
    ['before a port', 'decode:8000', 'decode-group1:8000'],
    ['before a port that is a variable', 'decode:$(PORT)', 'decode-group1:$(PORT)'],
    ['with its namespace', 'http://decode.llm:8000', 'http://decode-group1.llm:8000'],
    ['with a namespace that is a variable', 'decode.$(NAMESPACE).svc:8000', 'decode-group1.$(NAMESPACE).svc:8000'],
    ['with its namespace and svc, wherever it stands', 'ping decode.llm.svc now', 'ping decode-group1.llm.svc now'],
    ['in full', 'decode.llm.svc.cluster.local', 'decode-group1.llm.svc.cluster.local'],
    ['in full of a cluster with another domain', 'http://decode.llm.svc.k8s.example.com', 'http://decode-group1.llm.svc.k8s.example.com'],
    ['of one pod', 'decode-0.decode-headless:8000', 'decode-group1-0.decode-headless-group1:8000'],
    ['of one pod without a port', 'decode-12.decode-headless', 'decode-group1-12.decode-headless-group1'],
    [
      'of one pod in full',
      'decode-0.decode-headless.llm.svc.cluster.local',
      'decode-group1-0.decode-headless-group1.llm.svc.cluster.local',
    ],
    ['of a worker of a leader', 'decode-0-1.decode:29500', 'decode-group1-0-1.decode-group1:29500'],
    ['of a pod by a Service that all groups share', 'router-0.router', 'router-group1-0.router'],
    ['of a pod whose number is a variable', 'decode-$(RANK).decode-headless:80', 'decode-group1-$(RANK).decode-headless-group1:80'],
    ['of a pod that is a variable', '$(POD_NAME).decode-headless:80', '$(POD_NAME).decode-headless-group1:80'],
    ['of a pod that is a shell variable', 'tcp://${HOST}.decode-headless', 'tcp://${HOST}.decode-headless-group1'],
    ['several in a list', 'decode:1,decode:2;decode.llm:3', 'decode-group1:1,decode-group1:2;decode-group1.llm:3'],
    ['in JSON', '{"peers":["http://decode:80","http://x"]}', '{"peers":["http://decode-group1:80","http://x"]}'],
    ['in a script', 'exec run --peer http://decode:80 --n 2', 'exec run --peer http://decode-group1:80 --n 2'],
    ['said to be a host in the text', 'serve --peer-host decode --role x', 'serve --peer-host decode-group1 --role x'],
    ['said to be a host in YAML', 'upstream:\n  host: decode\n  port: 80\n', 'upstream:\n  host: decode-group1\n  port: 80\n'],
    ['said to be a host in a flag', '--decode-addr=decode', '--decode-addr=decode-group1'],
  ];
  for (const [name, text, expected] of rows) {
    test(`${name}: ${JSON.stringify(text)}`, () => {
      const result = rewriteText(text, undefined, NAMES);
      assert.deepEqual(result, {text: expected, ambiguous: []});
      assert.equal(rewrite(result.text), result.text, 'a second time changes it');
    });
  }
});

describe('what is no whole host name stays', () => {
  for (const text of [
    'decoder:80',
    'my-decode:80',
    'decode-2:80',
    'decode-headless-2:80',
    'http://decode.other:80',
    'decode.other.svc',
    'decode.example.com:80',
    'http://example.com/decode',
    '/models/decode/weights',
    'org/decode',
    'decode@sha256:abc',
    'the decode role',
    'python serve.py --role decode',
    'role: decode',
    'x.decode_1:80',
    'http://decode_x:80',
    'decode-0',
    'decode:port',
    '',
  ]) {
    test(JSON.stringify(text), () => {
      assert.deepEqual(rewriteText(text, undefined, NAMES), {text, ambiguous: []});
    });
  }
});

describe('a name that stands alone', () => {
  const alone = (key: string | undefined, text = 'decode'): string => {
    const {text: result, ambiguous} = rewriteText(text, key, NAMES);
    return ambiguous.length > 0 ? 'ambiguous' : result === text ? 'a word' : 'a host';
  };
  const rows: readonly (readonly [string | undefined, string])[] = [
    ['DECODE_HOST', 'a host'],
    ['DECODE_ADDRESS', 'a host'],
    ['peerAddr', 'a host'],
    ['--decode-url', 'a host'],
    ['upstream.server', 'a host'],
    ['ROLE', 'a word'],
    ['--mode', 'a word'],
    ['diskAggregationMode', 'a word'],
    ['SERVICE_NAME', 'ambiguous'],
    ['FOO', 'ambiguous'],
    [undefined, 'ambiguous'],
  ];
  for (const [key, expected] of rows) {
    test(`as the value of ${key ?? 'nothing'} is ${expected}`, () => {
      assert.equal(alone(key), expected);
    });
  }

  test('with its namespace it is a host whatever holds it', () => {
    assert.equal(alone('FOO', 'decode.llm'), 'a host');
  });

  test('in a list it is as the list is', () => {
    assert.equal(rewrite('decode,decode-headless', 'PEERS'), 'decode-group1,decode-headless-group1');
    assert.equal(alone('STAGES', 'prefill,decode'), 'a word');
    assert.equal(alone('FOO', 'prefill,decode'), 'ambiguous');
  });

  test('is a word where the user says so', () => {
    assert.deepEqual(rewriteText('decode', 'FOO', {...NAMES, plainWords: new Set(['decode'])}), {text: 'decode', ambiguous: []});
  });

  test('a variable that the kubelet makes of a Service is named: it is the originals’ in every group', () => {
    assert.deepEqual(rewriteText('http://$(DECODE_HEADLESS_SERVICE_HOST):80', 'URL', NAMES).ambiguous, ['DECODE_HEADLESS_SERVICE_HOST']);
    assert.deepEqual(rewriteText('$(MY_DECODE_SERVICE_HOST)', 'URL', NAMES).ambiguous, []);
  });
});

describe('whatever the string', () => {
  const piece = fc.constantFrom(
    'decode',
    'decode-headless',
    'decode-0',
    'prefill',
    'http://',
    ':80',
    '.llm',
    '.svc',
    '.',
    ',',
    ' ',
    '=',
    '--host',
    '"',
    '/',
    '-x',
    '@',
    '$(A)',
  );
  const pieces = fc.array(piece, {maxLength: 10}).map((all) => all.join(''));
  const runs = {numRuns: Number(process.env['RSG_PROPERTY_RUNS'] ?? 2000)};

  test('one without a name of the group is not changed, nor called ambiguous', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), {nil: undefined}), (text, key) => {
        fc.pre(!/decode|router/u.test(text) && !text.includes('_SERVICE_HOST'));
        assert.deepEqual(rewriteText(text, key, NAMES), {text, ambiguous: []});
      }),
      runs,
    );
  });

  test('doing it twice is doing it once', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        const once = rewrite(text, 'HOST');
        assert.equal(rewrite(once, 'HOST'), once);
      }),
      runs,
    );
  });

  test('only names are changed: taking the group off again gives the string back', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        assert.equal(rewrite(text, 'HOST').replaceAll('-group1', ''), text);
      }),
      runs,
    );
  });
});
