/** Command lines of the control plane's programs. Paths are relative to the folder that they all run in. */
import {join} from 'node:path';

export interface Layout {
  readonly bin: string;
  readonly directory: string;
  readonly port: number;
  readonly etcdPort: number;
  readonly peerPort: number;
}

const STAGES = join(import.meta.dirname, 'kwok-stages.yaml');

/** Flags by name; `true` stands for a flag without a value. */
function command(layout: Layout, program: string, flags: Readonly<Record<string, string | true>>): string[] {
  const args = Object.entries(flags).map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
  return [join(layout.bin, program), ...args];
}

export function etcdCommand(layout: Layout): string[] {
  const client = `http://127.0.0.1:${String(layout.etcdPort)}`;
  const peer = `http://127.0.0.1:${String(layout.peerPort)}`;
  return command(layout, 'etcd', {
    'data-dir': 'etcd',
    'unsafe-no-fsync': true,
    'log-level': 'warn',
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
  });
}

export function apiServerCommand(layout: Layout, audit: boolean): string[] {
  return command(layout, 'kube-apiserver', {
    'etcd-servers': `http://127.0.0.1:${String(layout.etcdPort)}`,
    'bind-address': '127.0.0.1',
    // The endpoints of the Service `kubernetes` may not be loopback; nothing is ever sent to this address.
    'advertise-address': '10.255.255.1',
    'endpoint-reconciler-type': 'none',
    'secure-port': String(layout.port),
    'tls-cert-file': 'pki/apiserver.crt',
    'tls-private-key-file': 'pki/apiserver.key',
    'client-ca-file': 'pki/ca.crt',
    'token-auth-file': 'pki/tokens.csv',
    'authorization-mode': 'RBAC',
    // As OpenShift has it; the clusters' admins pass it anyway.
    'enable-admission-plugins': 'OwnerReferencesPermissionEnforcement',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': 'pki/sa.key',
    'service-account-signing-key-file': 'pki/sa.key',
    'service-cluster-ip-range': '10.96.0.0/16',
    'requestheader-client-ca-file': 'pki/front-proxy-ca.crt',
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': 'pki/front-proxy-client.crt',
    'proxy-client-key-file': 'pki/front-proxy-client.key',
    'allow-privileged': true,
    profiling: 'false',
    ...(audit ? {'audit-policy-file': 'audit-policy.yaml', 'audit-log-path': 'logs/audit.log'} : {}),
  });
}

/** Flags of a component that is its own only replica and serves nothing. */
function loneClient(kubeconfig: string): Record<string, string> {
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'leader-elect': 'false',
    'secure-port': '0',
    'kube-api-qps': '200',
    'kube-api-burst': '400',
  };
}

export function controllerManagerCommand(layout: Layout, {hpaSync, controllers}: {hpaSync: string; controllers: string}): string[] {
  return command(layout, 'kube-controller-manager', {
    controllers,
    ...loneClient('kcm.kubeconfig'),
    'use-service-account-credentials': 'true',
    'service-account-private-key-file': 'pki/sa.key',
    'root-ca-file': 'pki/ca.crt',
    'horizontal-pod-autoscaler-sync-period': hpaSync,
    'horizontal-pod-autoscaler-initial-readiness-delay': '1s',
    'horizontal-pod-autoscaler-cpu-initialization-period': '1s',
    'allocate-node-cidrs': 'false',
    // After a pause of the API server it would mark every pod as not Ready, and KWOK, unlike a kubelet, would leave that so.
    'node-monitor-grace-period': '24h',
  });
}

export function schedulerCommand(layout: Layout): string[] {
  return command(layout, 'kube-scheduler', loneClient('scheduler.kubeconfig'));
}

export function kwokCommand(layout: Layout, podCidr: string): string[] {
  return command(layout, 'kwok', {
    kubeconfig: 'kubeconfig',
    'manage-all-nodes': 'true',
    cidr: podCidr,
    'node-ip': '127.64.0.1',
    'node-lease-duration-seconds': '0',
    config: STAGES,
  });
}
