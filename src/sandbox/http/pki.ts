/** Throwaway certificates: a CA with the server's and the administrator's, and a second CA for what the server presents to aggregated APIs. */
import {generate} from 'selfsigned';
import type {Clock} from '../../runtime/clock.ts';

export interface KeyPair {
  /** PEM text. */
  readonly cert: string;
  readonly key: string;
}

export interface Pki {
  readonly ca: KeyPair;
  readonly server: KeyPair;
  readonly admin: KeyPair;
  readonly frontProxyCa: KeyPair;
  readonly frontProxy: KeyPair;
}

const LIFETIME_MS = 365 * 86_400_000;
/** Clocks of clients may be behind. */
const BACKDATED_MS = 3_600_000;

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>['extensions']>;

const AUTHORITY: Extensions = [
  {name: 'basicConstraints', cA: true, critical: true},
  {name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true},
];
const CLIENT: Extensions = [{name: 'extKeyUsage', clientAuth: true}];
const SERVER: Extensions = [
  {name: 'extKeyUsage', serverAuth: true},
  {
    name: 'subjectAltName',
    altNames: [
      {type: 2, value: 'localhost'},
      {type: 2, value: 'kubernetes.default.svc'},
      {type: 7, ip: '127.0.0.1'},
    ],
  },
];

export async function createPki(clock: Clock): Promise<Pki> {
  const dates = {notBeforeDate: new Date(clock.now() - BACKDATED_MS), notAfterDate: new Date(clock.now() + LIFETIME_MS)};
  const issue = async (names: Readonly<Record<string, string>>, extensions: Extensions, ca?: KeyPair): Promise<KeyPair> => {
    const attributes = Object.entries(names).map(([name, value]) => ({name, value}));
    const options = {...dates, keyType: 'ec', algorithm: 'sha256', extensions, ...(ca === undefined ? {} : {ca})} as const;
    const made = await generate(attributes, options);
    return {cert: made.cert, key: made.private};
  };
  const [ca, frontProxyCa] = await Promise.all([
    issue({commonName: 'kubernetes'}, AUTHORITY),
    issue({commonName: 'front-proxy-ca'}, AUTHORITY),
  ]);
  const [server, admin, frontProxy] = await Promise.all([
    issue({commonName: 'kube-apiserver'}, SERVER, ca),
    issue({organizationName: 'system:masters', commonName: 'kubernetes-admin'}, CLIENT, ca),
    issue({commonName: 'front-proxy-client'}, CLIENT, frontProxyCa),
  ]);
  return {ca, server, admin, frontProxyCa, frontProxy};
}
