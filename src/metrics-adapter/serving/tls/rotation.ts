/**
 * What to do with the certificate that the replicas share, from what is stored. Pure.
 *
 * The CA is renewed with the key that it has: what it signed before holds under the new certificate, and what it signs from then on under
 * the old one, so no order of events between replicas, the Secret and `caBundle`s can break a connection.
 */
import {X509Certificate} from 'node:crypto';

/** PEM texts as in the Secret. Without `caKey` the certificate is someone else's, who also renews it. */
export interface StoredCertificate {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly caKey: string | undefined;
}

export type Renewal = 'nothing' | 'leaf' | 'ca-and-leaf' | 'everything';

const DAY_MS = 86_400_000;
export const CA_LIFE_MS = 3650 * DAY_MS;
export const LEAF_LIFE_MS = 365 * DAY_MS;
/** Clocks of other machines may be behind. */
export const BACKDATE_MS = 3_600_000;

/** `now` in milliseconds since the epoch; `dnsNames` must all be covered. */
export function renewalOf(stored: StoredCertificate | undefined, dnsNames: readonly string[], now: number): Renewal {
  if (stored === undefined) return 'everything';
  const leaf = readCertificate(stored.cert);
  if (stored.caKey === undefined) return 'nothing';
  const ca = readCertificate(stored.ca);
  if (ca === undefined || now >= ca.validToDate.getTime()) return 'everything';
  if (ageing(ca, now)) return 'ca-and-leaf';
  const covered = leaf === undefined ? [] : namesOf(leaf);
  const signed = leaf !== undefined && leaf.checkIssued(ca) && leaf.verify(ca.publicKey);
  return signed && !ageing(leaf, now) && dnsNames.every((name) => covered.includes(name)) ? 'nothing' : 'leaf';
}

/** Less than a third of its life is left. */
function ageing(certificate: X509Certificate, now: number): boolean {
  const until = certificate.validToDate.getTime();
  return (until - now) * 3 < until - certificate.validFromDate.getTime();
}

/** DNS names of a certificate in PEM; none when it cannot be read. */
export function dnsNamesOf(pem: string): string[] {
  const certificate = readCertificate(pem);
  return certificate === undefined ? [] : namesOf(certificate);
}

function namesOf({subjectAltName}: X509Certificate): string[] {
  return (subjectAltName ?? '').split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []));
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
