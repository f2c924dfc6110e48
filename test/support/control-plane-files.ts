/** Texts that a control plane reads: kubeconfigs, the audit policy, the nodes that KWOK plays. */
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';

/** Groups of the ServiceAccounts under which the program runs in tests; everything that they ask is recorded. */
const RECORDED = ['system:serviceaccounts:default', 'system:serviceaccounts:rsg-system'];

/** Of everybody else writes at most: reading is what controllers do all day. */
export function auditPolicy(everyWrite: boolean): string {
  return `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, userGroups: [${RECORDED.join(', ')}]}
  - {level: None, verbs: [get, list, watch]}
  - {level: ${everyWrite ? 'Metadata' : 'None'}}
`;
}

const base64 = async (file: string): Promise<string> => (await readFile(file)).toString('base64');

/** The `user` entry of a kubeconfig, as flow YAML. */
export async function certificateUser(pki: string, name: string): Promise<string> {
  const [cert, key] = await Promise.all([base64(join(pki, `${name}.crt`)), base64(join(pki, `${name}.key`))]);
  return `client-certificate-data: ${cert}, client-key-data: ${key}`;
}

export function kubeconfig(server: string, ca: Buffer, user: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "${server}", certificate-authority-data: ${ca.toString('base64')}}}]
users: [{name: test, user: {${user}}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
current-context: test
`;
}

const CAPACITY = {cpu: '256', memory: '2Ti', pods: '1000', 'nvidia.com/gpu': '64'};

/** Roomy nodes: scheduling is not what is tested. */
export function nodeList(count: number): object[] {
  return Array.from({length: count}, (_, at) => {
    const name = `node-${String(at)}`;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {name, labels: {'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', type: 'kwok'}},
      status: {allocatable: CAPACITY, capacity: CAPACITY},
    };
  });
}
