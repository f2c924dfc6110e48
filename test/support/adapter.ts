/** The metrics adapter as users start it, a process of its own under the chart's ServiceAccount, and its APIs registered with a test's control plane. */
import {join} from 'node:path';
import {assertNothingForbidden, underChartRights, type TargetKind} from './chart-rights.ts';
import type {ControlPlane} from './control-plane.ts';
import {end, freePorts, ProcessGroup, signal, type Running} from './processes.ts';
import {eventually} from './wait.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

export interface AdapterProcess {
  readonly securePort: number;
  readonly kedaAddress: string;
  readonly httpAddress: string;
  /** SIGKILL: no clean end of any kind. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** SIGTERM, and the exit code. Rejects when it was refused a right. */
  stop(): Promise<string>;
}

/** Scrapes every second. Resolves when it answers on /readyz. The chart's rights are rendered for `targetKinds`, else for its own kinds. */
export async function startAdapter(
  cluster: ControlPlane,
  flags: readonly string[] = [],
  targetKinds?: readonly TargetKind[],
): Promise<AdapterProcess> {
  const processes = new ProcessGroup();
  const [securePort = 0, kedaPort = 0, httpPort = 0] = await freePorts(3);
  const local = (port: number): string => `127.0.0.1:${String(port)}`;
  const addresses = ['--secure-address', local(securePort), '--keda-address', local(kedaPort), '--http-address', local(httpPort)];
  const kubeconfig = await underChartRights(cluster, 'adapter', targetKinds);
  const command = [process.execPath, MAIN, 'metrics-adapter', '--kubeconfig', kubeconfig, ...addresses];
  let running: Running;
  const start = async (): Promise<void> => {
    const logFile = join(cluster.directory, `adapter-${String(securePort)}.log`);
    running = processes.start('adapter', [...command, '--scrape-interval', '1s', ...flags], {cwd: cluster.directory, logFile});
    await eventually('the adapter is ready', async () => {
      if (running.exited !== undefined) await processes.assertAlive();
      return (await fetch(`http://${local(httpPort)}/readyz`)).ok;
    });
  };
  await start();
  return {
    securePort,
    kedaAddress: local(kedaPort),
    httpAddress: local(httpPort),
    start,
    kill: async () => {
      signal(running.pid, 'SIGKILL');
      await running.exit;
    },
    stop: async () => {
      await end(running, 5000);
      await assertNothingForbidden(cluster);
      return running.exit;
    },
  };
}

const APIS = [
  ['external.metrics.k8s.io', 'v1beta1'],
  ['custom.metrics.k8s.io', 'v1beta1'],
  ['custom.metrics.k8s.io', 'v1beta2'],
] as const;

export const SERVICE = {name: 'rsg-metrics-adapter', namespace: 'kube-system'} as const;

/** Registers the APIs under our label, so that the adapter writes its CA into them, and waits until kube-apiserver passes requests on. */
export async function registerApis(cluster: ControlPlane, {securePort}: Pick<AdapterProcess, 'securePort'>): Promise<void> {
  const spec = {type: 'ExternalName', externalName: 'localhost', ports: [{port: securePort}]};
  const service = {apiVersion: 'v1', kind: 'Service', metadata: SERVICE, spec};
  await cluster.apply([service, ...APIS.map(([group, version]) => apiService({group, version, port: securePort}))]);
  for (const [group, version] of APIS) {
    await eventually(`${group}/${version} is served`, async () => (await cluster.get(`/apis/${group}/${version}`)).status === 200);
  }
}

export function apiService({group, version, port, ours = true}: {group: string; version: string; port: number; ours?: boolean}): object {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: `${version}.${group}`,
      labels: ours ? {'resourcescalinggroup.com/inject-ca': 'true'} : {},
    },
    spec: {
      group,
      version,
      service: {...SERVICE, port},
      groupPriorityMinimum: 100,
      versionPriority: version === 'v1beta2' ? 200 : 100,
    },
  };
}
