/**
 * Who makes a request: named in headers by a proxy of the requestheader CA, else by a bearer token, else by a certificate of the client CA.
 * Identity headers from anyone else are ignored, as if they were not there. What a connection's certificate is worth is worked out once per
 * connection and state of trust, since it costs signatures.
 */
import type {IncomingMessage} from 'node:http';
import {TLSSocket, type DetailedPeerCertificate} from 'node:tls';
import {X509Certificate} from 'node:crypto';
import type {Clock} from '../../../runtime/clock.ts';
import {chainValidUntil, subjectValues, type PeerChain} from './chain.ts';
import {identityFromHeaders, type RawHeaders} from './front-proxy.ts';
import {groupsOf, type Identity} from './identity.ts';
import type {Reviews} from './reviews.ts';
import type {Trust} from './trust.ts';

export interface AuthenticateDeps {
  /** As it is now. A changed one must be another object. */
  readonly trust: () => Trust;
  readonly reviews: Pick<Reviews, 'whose'>;
  readonly clock: Clock;
}

export type Authenticate = (request: IncomingMessage) => Identity | undefined | Promise<Identity | undefined>;

interface Standing {
  readonly under: Trust;
  /** May name users in headers, until then. */
  readonly proxyUntil: number;
  readonly clientUntil: number;
  readonly client: Identity | undefined;
  /** The last headers with the identity that they named: requests of one user follow each other. */
  last: {readonly headers: RawHeaders; readonly identity: Identity | undefined} | undefined;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** Resolves to undefined for a request without valid credentials. */
export function createAuthenticate({trust, reviews, clock}: AuthenticateDeps): Authenticate {
  const standings = new WeakMap<TLSSocket, Standing>();
  const standingOf = (socket: TLSSocket): Standing => {
    const under = trust();
    const known = standings.get(socket);
    if (known?.under === under) return known;
    const standing = assess(peerOf(socket), under, clock.now());
    standings.set(socket, standing);
    return standing;
  };
  return (request) => {
    const standing = request.socket instanceof TLSSocket ? standingOf(request.socket) : undefined;
    if (standing !== undefined && clock.now() <= standing.proxyUntil) {
      const named = namedIn(request.rawHeaders, standing);
      if (named !== undefined) return named;
    }
    const token = bearerOf(request.headers.authorization);
    if (token !== undefined) return reviews.whose(token);
    return standing !== undefined && clock.now() <= standing.clientUntil ? standing.client : undefined;
  };
}

function namedIn(headers: RawHeaders, standing: Standing): Identity | undefined {
  const {last} = standing;
  if (last !== undefined && sameTexts(last.headers, headers)) return last.identity;
  const identity = identityFromHeaders(headers, standing.under);
  standing.last = {headers, identity};
  return identity;
}

function sameTexts(one: RawHeaders, other: RawHeaders): boolean {
  return one.length === other.length && one.every((text, at) => text === other[at]);
}

function assess(peer: PeerChain | undefined, under: Trust, now: number): Standing {
  if (peer === undefined) return {under, proxyUntil: NEVER, clientUntil: NEVER, client: undefined, last: undefined};
  const [name = ''] = subjectValues(peer.leaf, 'CN');
  const allowed = under.allowedNames.length === 0 || under.allowedNames.includes(name);
  const groups = groupsOf(name, subjectValues(peer.leaf, 'O'));
  return {
    under,
    proxyUntil: (allowed ? chainValidUntil(peer, under.requestHeaderCas, now) : undefined) ?? NEVER,
    clientUntil: chainValidUntil(peer, under.clientCas, now) ?? NEVER,
    client: name === '' ? undefined : {user: name, groups, extra: {}},
    last: undefined,
  };
}

/** What the peer has sent. Sessions are not resumed on this server, so the whole chain is there on every connection. */
function peerOf(socket: TLSSocket): PeerChain | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return undefined;
  const intermediates: X509Certificate[] = [];
  const at = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  // The root is its own issuer, and an incomplete chain just ends.
  for (let next: DetailedPeerCertificate | undefined = at; next !== undefined && !seen.has(next.fingerprint256); next = issuerOf(next)) {
    if (seen.size > 0) intermediates.push(new X509Certificate(next.raw));
    seen.add(next.fingerprint256);
  }
  return {leaf, intermediates};
}

/** Node's types say that it is always there. */
function issuerOf(certificate: Partial<DetailedPeerCertificate>): DetailedPeerCertificate | undefined {
  return certificate.issuerCertificate;
}

function bearerOf(header: string | undefined): string | undefined {
  const [, token] = /^bearer\s+(\S+)\s*$/iu.exec(header ?? '') ?? [];
  return token;
}
