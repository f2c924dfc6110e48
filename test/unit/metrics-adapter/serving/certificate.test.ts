/** The certificate that replicas share: when it is renewed, and that a renewal breaks nothing. */
import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {before, describe, test} from 'node:test';
import {createCa, createLeaf, type Signed} from '../../../../src/runtime/certificate.ts';
import {renewalOf, type StoredCertificate} from '../../../../src/metrics-adapter/serving/tls/rotation.ts';
import {certificatesOf, chainValidUntil} from '../../../../src/metrics-adapter/serving/auth/chain.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-01-01T00:00:00Z');
const NAMES = ['rsg.default.svc', 'localhost'];

function life(days: number, left: number): {from: number; until: number} {
  return {from: NOW - (days - left) * DAY_MS, until: NOW + left * DAY_MS};
}

describe('a shared certificate', () => {
  let ca: Signed;
  const stored = async (parts: Partial<StoredCertificate> = {}, days = life(365, 300)): Promise<StoredCertificate> => {
    const leaf = await createLeaf(ca, {commonName: 'adapter', dnsNames: NAMES, usages: ['server'], ...days});
    return {cert: leaf.cert, key: leaf.key, ca: ca.cert, caKey: ca.key, ...parts};
  };
  before(async () => {
    ca = await createCa({commonName: 'ca', ...life(3650, 3000)});
  });

  test('is made where there is none', () => {
    assert.equal(renewalOf(undefined, NAMES, NOW), 'everything');
  });
  test('stays while it is good', async () => {
    assert.equal(renewalOf(await stored(), NAMES, NOW), 'nothing');
  });
  test('is renewed in the last third of its life, and when it has ended', async () => {
    assert.equal(renewalOf(await stored({}, life(365, 120)), NAMES, NOW), 'leaf');
    assert.equal(renewalOf(await stored({}, life(365, -1)), NAMES, NOW), 'leaf');
    assert.equal(renewalOf(await stored({}, life(365, 123)), NAMES, NOW), 'nothing');
  });
  test('is renewed when another name is wanted, and not when one is wanted no more', async () => {
    assert.equal(renewalOf(await stored(), [...NAMES, 'other.default.svc'], NOW), 'leaf');
    assert.equal(renewalOf(await stored(), ['localhost'], NOW), 'nothing');
  });
  test('is renewed when it is not of its CA, or cannot be read', async () => {
    const other = await createCa({commonName: 'ca', ...life(3650, 3000)});
    assert.equal(renewalOf(await stored({ca: other.cert, caKey: other.key}), NAMES, NOW), 'leaf');
    assert.equal(renewalOf(await stored({cert: 'nonsense'}), NAMES, NOW), 'leaf');
    assert.equal(renewalOf(await stored({ca: 'nonsense'}), NAMES, NOW), 'everything');
  });
  test("is left alone when the CA's key is not there: someone else renews it", async () => {
    assert.equal(renewalOf(await stored({caKey: undefined}, life(365, -1)), NAMES, NOW), 'nothing');
  });

  test('a CA near its end is renewed with its key, and old and new certificates hold under old and new CA', async () => {
    const old = await createCa({commonName: 'ca', ...life(3650, 1000)});
    const leaf = (of: Signed): Promise<Signed> =>
      createLeaf(of, {commonName: 'adapter', dnsNames: NAMES, usages: ['server', 'client'], ...life(365, 300)});
    const before = await leaf(old);
    assert.equal(renewalOf({cert: before.cert, key: before.key, ca: old.cert, caKey: old.key}, NAMES, NOW), 'ca-and-leaf');
    const renewed = await createCa({commonName: 'ca', ...life(3650, 3650)}, old);
    const after = await leaf(renewed);
    for (const {cert} of [before, after]) {
      for (const anchor of [old, renewed]) {
        const chain = {leaf: new X509Certificate(cert), intermediates: []};
        assert.notEqual(chainValidUntil(chain, [new X509Certificate(anchor.cert)], NOW), undefined);
      }
    }
  });
});

describe('a chain of certificates', () => {
  const client = {commonName: 'client', usages: ['client'], ...life(365, 100)} as const;
  const anchor = (ca: Signed): X509Certificate[] =>
    certificatesOf(`garbage\n${ca.cert}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`);

  test('holds until the first of its certificates ends', async () => {
    const ca = await createCa({commonName: 'ca', ...life(365, 50)});
    const leaf = new X509Certificate((await createLeaf(ca, client)).cert);
    assert.equal(chainValidUntil({leaf, intermediates: []}, anchor(ca), NOW), NOW + 50 * DAY_MS);
    assert.equal(chainValidUntil({leaf, intermediates: []}, anchor(ca), NOW + 51 * DAY_MS), undefined);
    assert.equal(chainValidUntil({leaf, intermediates: []}, [], NOW), undefined);
  });

  test('a CA of the same name with another key signs nothing for it', async () => {
    const [ca, other] = await Promise.all([1, 2].map(() => createCa({commonName: 'ca', ...life(365, 50)})));
    if (ca === undefined || other === undefined) throw new Error('unreachable');
    const leaf = new X509Certificate((await createLeaf(ca, client)).cert);
    assert.equal(chainValidUntil({leaf, intermediates: []}, anchor(other), NOW), undefined);
    assert.notEqual(chainValidUntil({leaf, intermediates: []}, [...anchor(other), ...anchor(ca)], NOW), undefined);
  });

  test('many certificates that belong to nobody do not keep it busy', async () => {
    const ca = await createCa({commonName: 'ca', ...life(365, 50)});
    const leaf = new X509Certificate((await createLeaf(ca, client)).cert);
    const intermediates = Array.from({length: 50}, () => new X509Certificate(ca.cert));
    assert.equal(chainValidUntil({leaf, intermediates}, [], NOW), undefined);
  });
});
