/** A certificate given as files, exchanged while it is in use. */
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {createCa, createLeaf, type Signed} from '../../../../src/runtime/certificate.ts';
import {followKeyPair, readKeyPair} from '../../../../src/metrics-adapter/serving/tls/files.ts';
import {FakeClock} from '../../../support/fake-clock.ts';
import {silentLog} from '../../../support/silent-log.ts';

const LOOK_EVERY_MS = 5_000;

describe('17: a certificate given as files', () => {
  const clock = new FakeClock();
  const now = {from: clock.now() - 1000, until: clock.now() + 86_400_000};
  let directory: string;
  let files: {certFile: string; keyFile: string};
  let ca: Signed;
  const leaf = (): Promise<Signed> => createLeaf(ca, {commonName: 'adapter', dnsNames: ['localhost'], usages: ['server'], ...now});
  const put = (cert: string, key: string): Promise<unknown> =>
    Promise.all([writeFile(files.certFile, cert), writeFile(files.keyFile, key)]);
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rsg-files-'));
    files = {certFile: join(directory, 'tls.crt'), keyFile: join(directory, 'tls.key')};
    ca = await createCa({commonName: 'ca', ...now});
  });
  after(() => rm(directory, {recursive: true}));

  test('is exchanged without a restart, and one whose halves do not belong together is not used', async () => {
    const [first, second, third] = [await leaf(), await leaf(), await leaf()];
    await put(first.cert, first.key);
    const used: string[] = [];
    let heard: (what: string) => void = () => undefined;
    const next = (): Promise<string> => new Promise((resolve) => (heard = resolve));
    const warn = (): void => {
      heard('kept');
    };
    const log = {...silentLog, warn};
    const use = ({cert}: {cert: string}): void => {
      used.push(cert);
      heard('used');
    };
    const stop = new AbortController();
    const following = followKeyPair({...files, first: await readKeyPair(files), use}, {clock, log}, stop.signal);
    const lookAgain = async (): Promise<string> => {
      const what = next();
      await clock.advance(LOOK_EVERY_MS);
      return what;
    };
    await put(second.cert, first.key);
    assert.equal(await lookAgain(), 'kept');
    await put(second.cert, second.key);
    assert.equal(await lookAgain(), 'used');
    await put('nonsense', second.key);
    assert.equal(await lookAgain(), 'kept');
    await rm(files.certFile);
    assert.equal(await lookAgain(), 'kept');
    await put(third.cert, third.key);
    assert.equal(await lookAgain(), 'used');
    assert.deepEqual(used, [second.cert, third.cert]);
    stop.abort();
    await clock.advance(LOOK_EVERY_MS);
    await following;
  });

  test('that cannot be read at the start is said then', async () => {
    const [one, other] = [await leaf(), await leaf()];
    await put(one.cert, other.key);
    await assert.rejects(readKeyPair(files), /tls\.key is not the key of .*tls\.crt/u);
  });
});
