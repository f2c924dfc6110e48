/**
 * A real KEDA (operator and metrics server) beside a control plane of a test: its programs from KEDA_ASSETS, its CRDs from KEDA_CRDS. The
 * operator makes HPAs of ScaledObjects and asks scalers; the metrics server answers those HPAs on external.metrics.k8s.io.
 */
import {existsSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createCa, createLeaf} from '../../src/runtime/certificate.ts';
import type {ControlPlane} from './control-plane.ts';
import {freePorts, ProcessGroup} from './processes.ts';
import {eventually} from './wait.ts';

const NAMESPACE = 'keda';
const DAY_MS = 86_400_000;

/** False when KEDA can be started; else why not and what to do, for the `skip` option of a test. */
export function kedaSkip(): string | false {
  const {KEDA_ASSETS: assets = '', KEDA_CRDS: crds = ''} = process.env;
  if (existsSync(join(assets, 'operator')) && existsSync(join(assets, 'adapter')) && assets !== '' && crds !== '') return false;
  const build = 'go build -o DIR github.com/kedacore/keda/v2/cmd/operator github.com/kedacore/keda/v2/cmd/adapter';
  return `no KEDA: set KEDA_ASSETS to a DIR with its programs (${build}) and KEDA_CRDS to config/crd/bases of its source`;
}

export interface Keda {
  stop(): Promise<void>;
}

export async function startKeda(cluster: ControlPlane): Promise<Keda> {
  const [securePort = 0, grpcPort = 0, metricsPort = 0, probePort = 0, adapterMetricsPort = 0] = await freePorts(5);
  const certificates = join(cluster.directory, 'keda-certs');
  const caBundle = await writeCertificates(certificates);
  const {KEDA_ASSETS: assets = '', KEDA_CRDS: crds = ''} = process.env;
  await cluster.kubectlOk('apply', '--server-side', '-f', crds);
  await cluster.kubectlOk('wait', '--for=condition=Established', 'crd/scaledobjects.keda.sh', '--timeout=30s');
  await cluster.apply([{apiVersion: 'v1', kind: 'Namespace', metadata: {name: NAMESPACE}}]);
  await cluster.apply(registration(securePort, caBundle));
  const processes = new ProcessGroup();
  const start = (name: string, args: readonly string[]): void => {
    processes.start(name, [join(assets, name), ...args], {
      cwd: cluster.directory,
      logFile: join(cluster.directory, 'logs', `keda-${name}.log`),
      env: {
        ...process.env,
        ...{KUBECONFIG: cluster.kubeconfig, POD_NAMESPACE: NAMESPACE, POD_NAME: name},
        ...{WATCH_NAMESPACE: '', KEDA_CLUSTER_OBJECT_NAMESPACE: NAMESPACE},
      },
    });
  };
  const local = (port: number): string => `127.0.0.1:${String(port)}`;
  start('operator', [
    '--leader-elect=false',
    `--cert-dir=${certificates}`,
    `--metrics-bind-address=${local(metricsPort)}`,
    `--health-probe-bind-address=${local(probePort)}`,
    `--metrics-service-bind-address=${local(grpcPort)}`,
  ]);
  start('adapter', [
    `--secure-port=${String(securePort)}`,
    '--bind-address=127.0.0.1',
    `--port=${String(adapterMetricsPort)}`,
    `--metrics-service-address=localhost:${String(grpcPort)}`,
    `--cert-dir=${certificates}`,
    `--tls-cert-file=${join(certificates, 'tls.crt')}`,
    `--tls-private-key-file=${join(certificates, 'tls.key')}`,
    ...['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig', 'lister-kubeconfig'].map(
      (name) => `--${name}=${cluster.kubeconfig}`,
    ),
  ]);
  await eventually(
    'KEDA serves external metrics',
    async () => {
      await processes.assertAlive();
      return (await cluster.get('/apis/external.metrics.k8s.io/v1beta1')).status === 200;
    },
    {timeoutMs: 60_000},
  );
  return {stop: () => processes.stop()};
}

/** KEDA's own CA and certificate, and the CA for the APIService. */
async function writeCertificates(directory: string): Promise<string> {
  const validity = {from: Date.now() - DAY_MS, until: Date.now() + DAY_MS};
  const ca = await createCa({commonName: 'keda-ca', ...validity});
  const dnsNames = ['localhost', `keda-operator.${NAMESPACE}.svc`, `keda-metrics-apiserver.${NAMESPACE}.svc`];
  // The metrics server shows it to the operator as well.
  const usages = ['server', 'client'] as const;
  const leaf = await createLeaf(ca, {commonName: 'keda-operator', dnsNames, ipAddresses: ['127.0.0.1'], usages, ...validity});
  await mkdir(directory);
  for (const [name, text] of Object.entries({'ca.crt': ca.cert, 'ca.key': ca.key, 'tls.crt': leaf.cert, 'tls.key': leaf.key})) {
    await writeFile(join(directory, name), text, {mode: 0o600});
  }
  return Buffer.from(ca.cert).toString('base64');
}

function registration(port: number, caBundle: string): object[] {
  const service = {name: 'keda-metrics-apiserver', namespace: NAMESPACE};
  const spec = {type: 'ExternalName', externalName: 'localhost', ports: [{port}]};
  return [
    {apiVersion: 'v1', kind: 'Service', metadata: service, spec},
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: {name: 'v1beta1.external.metrics.k8s.io'},
      spec: {
        ...{group: 'external.metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, caBundle},
        service: {...service, port},
      },
    },
  ];
}
