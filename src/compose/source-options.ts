/** From flags to where samples come from: the same for the adapter, which collects, and the controller, which asks draining pods. */
import type {AdapterConfig, ControllerConfig} from '../config.ts';
import type {CollectorOptions} from '../metrics-adapter/collector.ts';
import type {InFlightOptions} from '../metrics-adapter/in-flight.ts';
import type {PrometheusOptions} from '../metrics-adapter/prometheus-client.ts';

/** A sample is fresh for so many intervals. */
const FRESH_INTERVALS = 3;
/** One pod's whole answer, where the controller waits for it. */
const ASK_TIMEOUT_MS = 5_000;

export function collectorOptions(config: AdapterConfig): CollectorOptions {
  return {
    scrapeIntervalMs: config['scrape-interval'],
    coverage: config['min-coverage'],
    allowHostNetwork: config['allow-host-network'],
    namespace: config['watch-namespace'],
    prometheus: prometheusOptions(config),
  };
}

export function inFlightOptions(config: ControllerConfig): InFlightOptions {
  const prometheus = prometheusOptions(config);
  const freshMs = FRESH_INTERVALS * config['scrape-interval'];
  return {
    allowHostNetwork: config['allow-host-network'],
    timeoutMs: ASK_TIMEOUT_MS,
    ...(prometheus === undefined ? {} : {prometheus: {...prometheus, freshMs}}),
  };
}

function prometheusOptions(config: ControllerConfig | AdapterConfig): PrometheusOptions | undefined {
  const url = config['prometheus-url'];
  if (url === undefined) return undefined;
  const [username, passwordFile] = [config['prometheus-username'], config['prometheus-password-file']];
  return {
    url,
    bearerTokenFile: config['prometheus-bearer-token-file'],
    basic: username === undefined || passwordFile === undefined ? undefined : {username, passwordFile},
    caFile: config['prometheus-ca-file'],
    certFile: config['prometheus-cert-file'],
    keyFile: config['prometheus-key-file'],
  };
}
