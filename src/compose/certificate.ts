/** Where the certificate of the aggregated APIs comes from: given files, or the Secret that replicas share. */
import type {ReflectorDeps} from '../kube/reflector.ts';
import type {KeyPair} from '../metrics-adapter/serving/api-server.ts';
import {keepApiServices} from '../metrics-adapter/serving/tls/api-services.ts';
import {createCa, createLeaf} from '../runtime/certificate.ts';
import {followKeyPair, readKeyPair, type CertificateFiles} from '../metrics-adapter/serving/tls/files.ts';
import {keepSharedCertificate} from '../metrics-adapter/serving/tls/shared-certificate.ts';

export interface CertificateSource {
  /** To listen with at once. */
  readonly first: KeyPair;
  /** Calls `use` with each later one, until the signal aborts. */
  follow(use: (pair: KeyPair) => void, signal: AbortSignal): Promise<void>;
  /** Whether what is in use is what clients are told to trust. */
  settled(): boolean;
}

export async function certificateFromFiles(files: CertificateFiles, deps: ReflectorDeps): Promise<CertificateSource> {
  const first = await readKeyPair(files);
  return {first, follow: (use, signal) => followKeyPair({...files, first, use}, deps, signal), settled: () => true};
}

const HOUR_MS = 3_600_000;
const API_SERVICES_MS = 5_000;

export interface SharedOptions {
  readonly secret: {readonly namespace: string; readonly name: string};
  readonly dnsNames: readonly string[];
}

/** The first is made up, so that discovery is served from the start; it lasts until the Secret has been read. */
export async function sharedCertificate({secret, dnsNames}: SharedOptions, deps: ReflectorDeps): Promise<CertificateSource> {
  const now = deps.clock.now();
  const validity = {from: now - HOUR_MS, until: now + 24 * HOUR_MS};
  const ca = await createCa({commonName: 'rsg-metrics-adapter-start', ...validity});
  const first = await createLeaf(ca, {commonName: 'rsg-metrics-adapter', dnsNames, usages: ['server'], ...validity});
  let settled = false;
  return {
    first,
    settled: () => settled,
    follow: async (use, signal) => {
      let look: () => void = () => undefined;
      const apiServices = keepApiServices(
        () => {
          look();
        },
        deps,
        signal,
      );
      // Their names belong into the first certificate; it does not wait for them for ever.
      await Promise.race([apiServices.synced, deps.clock.sleep(API_SERVICES_MS, signal)]);
      const shared = keepSharedCertificate(
        {
          ...secret,
          dnsNames: () => [...new Set([...dnsNames, ...apiServices.dnsNames()])],
          onCertificate: ({cert, key, ca: trusted}) => {
            use({cert, key});
            apiServices.trust(trusted);
            settled = true;
          },
        },
        deps,
        signal,
      );
      look = shared.look;
      await Promise.all([shared.done, apiServices.done]);
    },
  };
}
