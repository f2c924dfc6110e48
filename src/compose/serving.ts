/** Starts every door of the metrics adapter but the one of `--http-address`, over a source of answers; stops them in reverse. */
import type {Registry} from 'prom-client';
import type {AdapterConfig} from '../config.ts';
import type {ReflectorDeps} from '../kube/reflector.ts';
import type {MetricSource} from '../metrics-adapter/query.ts';
import {startApiServer} from '../metrics-adapter/serving/api-server.ts';
import {createAuthenticate} from '../metrics-adapter/serving/auth/authenticate.ts';
import {createReviews} from '../metrics-adapter/serving/auth/reviews.ts';
import {watchTrust} from '../metrics-adapter/serving/auth/watch-trust.ts';
import {startKedaServer} from '../metrics-adapter/serving/keda/server.ts';
import {createServingMetrics, type ServingMetrics} from '../metrics-adapter/serving/serving-metrics.ts';
import {certificateFromFiles, sharedCertificate, type CertificateSource} from './certificate.ts';

export interface ServingDeps extends ReflectorDeps {
  readonly source: MetricSource;
  readonly registry: Registry;
  /** Why the source has no answers yet, or undefined. */
  readonly sourceNotReady: () => string | undefined;
}

export interface Serving {
  readonly metrics: ServingMetrics;
  readonly secureUrl: string;
  readonly kedaUrl: string;
  /** Why it is not ready, or undefined. */
  readonly notReady: () => string | undefined;
  /** Also ends what it watches. */
  close(): Promise<void>;
}

export async function startServing(config: AdapterConfig, deps: ServingDeps): Promise<Serving> {
  const {source, registry, clock, log} = deps;
  const end = new AbortController();
  const metrics = createServingMetrics(registry);
  const trust = watchTrust(deps, end.signal);
  const reviews = createReviews(deps);
  const certificate = await certificateOf(config, deps);
  const notReady = (): string | undefined => {
    if (!trust.reflector.hasSynced())
      return `kube-system/extension-apiserver-authentication: ${trust.reflector.lastError() ?? 'not read yet'}`;
    return certificate.settled() ? deps.sourceNotReady() : 'the certificate is not read yet';
  };
  const authenticate = createAuthenticate({trust: trust.current, reviews, clock});
  const api = await startApiServer(
    {address: config['secure-address'], pair: certificate.first},
    {source, authenticate, reviews, metrics, clock, log, notReady},
  );
  const kedaPair = config['keda-tls'] ? certificate.first : undefined;
  const keda = await startKedaServer({...config['keda-address'], pair: kedaPair}, {source, metrics});
  const following = certificate.follow((pair) => {
    api.useCertificate(pair);
    keda.useCertificate(pair);
  }, end.signal);
  return {
    metrics,
    secureUrl: api.url,
    kedaUrl: keda.url,
    notReady,
    close: async () => {
      end.abort();
      await Promise.all([keda.close(), api.close()]);
      await Promise.all([following, trust.reflector.done]);
    },
  };
}

function certificateOf(config: AdapterConfig, deps: ReflectorDeps): Promise<CertificateSource> {
  const {'tls-cert-file': certFile, 'tls-key-file': keyFile, 'tls-secret': secret, 'tls-names': dnsNames} = config;
  if (certFile !== undefined && keyFile !== undefined) return certificateFromFiles({certFile, keyFile}, deps);
  return sharedCertificate({secret, dnsNames}, deps);
}
