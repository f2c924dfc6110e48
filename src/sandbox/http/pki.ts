/** Throwaway certificates: a CA with the server's and the administrator's, and a second CA for what the server presents to aggregated APIs. */
import {createCa, createLeaf, type Signed} from '../../runtime/certificate.ts';
import type {Clock} from '../../runtime/clock.ts';

export interface Pki {
  readonly ca: Signed;
  readonly server: Signed;
  readonly admin: Signed;
  readonly frontProxyCa: Signed;
  readonly frontProxy: Signed;
}

const LIFETIME_MS = 365 * 86_400_000;
/** Clocks of clients may be behind. */
const BACKDATED_MS = 3_600_000;
const SERVER_NAMES = {dnsNames: ['localhost', 'kubernetes.default.svc'], ipAddresses: ['127.0.0.1']} as const;

export async function createPki(clock: Clock): Promise<Pki> {
  const validity = {from: clock.now() - BACKDATED_MS, until: clock.now() + LIFETIME_MS};
  const [ca, frontProxyCa] = await Promise.all([
    createCa({...validity, commonName: 'kubernetes'}),
    createCa({...validity, commonName: 'front-proxy-ca'}),
  ]);
  const [server, admin, frontProxy] = await Promise.all([
    createLeaf(ca, {...validity, commonName: 'kube-apiserver', usages: ['server'], ...SERVER_NAMES}),
    createLeaf(ca, {...validity, commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client']}),
    createLeaf(frontProxyCa, {...validity, commonName: 'front-proxy-client', usages: ['client']}),
  ]);
  return {ca, server, admin, frontProxyCa, frontProxy};
}
