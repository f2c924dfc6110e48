/**
 * Whether a peer's certificate chains to one of the given CAs. Done here and not by the TLS stack, since the requestheader CA and the client
 * CA mean different things (one lends its word to any user name, the other names one user) and a TLS server knows only one list of CAs.
 * That the peer holds the key is what the handshake has proved. Pure.
 */
import {X509Certificate} from 'node:crypto';

export interface PeerChain {
  readonly leaf: X509Certificate;
  /** As sent by the peer, in any order. */
  readonly intermediates: readonly X509Certificate[];
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';
/** A peer chooses what it sends, and each may cost signatures with each other. */
const MAX_INTERMEDIATES = 8;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/gu;

/** Every certificate of a PEM bundle; one that cannot be read is left out. */
export function certificatesOf(bundle: string): X509Certificate[] {
  return (bundle.match(PEM) ?? []).flatMap((pem) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      return [];
    }
  });
}

/**
 * The time until which the chain holds, in milliseconds since the epoch; undefined when there is none now. A leaf must be for client
 * authentication or for anything; every issuer must be a CA; all must be within their time.
 */
export function chainValidUntil({leaf, intermediates}: PeerChain, anchors: readonly X509Certificate[], now: number): number | undefined {
  const usages = usagesOf(leaf);
  if (usages !== undefined && !usages.includes(CLIENT_AUTH) && !usages.includes(ANY_USAGE)) return undefined;
  return climb(leaf, {anchors, intermediates: intermediates.slice(0, MAX_INTERMEDIATES), now, tried: new Set()});
}

interface Climb {
  readonly anchors: readonly X509Certificate[];
  readonly intermediates: readonly X509Certificate[];
  readonly now: number;
  /** Those that lead nowhere, or are on the way. */
  readonly tried: Set<X509Certificate>;
}

function climb(certificate: X509Certificate, at: Climb): number | undefined {
  if (!within(certificate, at.now)) return undefined;
  const until = certificate.validToDate.getTime();
  at.tried.add(certificate);
  for (const anchor of at.anchors) {
    if (within(anchor, at.now) && signs(anchor, certificate)) return Math.min(until, anchor.validToDate.getTime());
  }
  for (const issuer of at.intermediates) {
    if (at.tried.has(issuer) || !signs(issuer, certificate)) continue;
    const rest = climb(issuer, at);
    if (rest !== undefined) return Math.min(until, rest);
  }
  return undefined;
}

function within({validFromDate, validToDate}: X509Certificate, now: number): boolean {
  return now >= validFromDate.getTime() && now <= validToDate.getTime();
}

function signs(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** The extended key usages; node calls them keyUsage, and types say they are always there. */
function usagesOf(certificate: X509Certificate): readonly string[] | undefined {
  const usages: unknown = certificate.keyUsage;
  return Array.isArray(usages) ? usages.map(String) : undefined;
}

/** Values of an attribute in a certificate's subject, as node prints it: one `KEY=value` a line. */
export function subjectValues({subject}: X509Certificate, attribute: 'CN' | 'O'): string[] {
  return subject.split('\n').flatMap((line) => (line.startsWith(`${attribute}=`) ? [line.slice(attribute.length + 1)] : []));
}
