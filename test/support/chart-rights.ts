/**
 * The rights that the chart grants, in a cluster of a test: rendered by the real helm as release `rsg` in the namespace `default`. The suites'
 * controllers and adapters run under its ServiceAccounts and have no other rights.
 */
import assert from 'node:assert/strict';
import {z} from 'zod';
import {parseAllDocuments} from 'yaml';
import {whoMay, type Asked} from './access.ts';
import type {ControlPlane} from './control-plane.ts';
import {CHART, helmProgram, runHelm} from './helm.ts';
import {kubeconfigOf, usedBy} from './service-account.ts';
import {eventually} from './wait.ts';

export const ACCOUNTS = {controller: 'rsg-controller', adapter: 'rsg-metrics-adapter'} as const;
/** A kind as the chart's value `targetKinds` lists it. */
export interface TargetKind {
  readonly kind: string;
  readonly group: string;
  readonly resource: string;
  readonly owns?: readonly {readonly group: string; readonly resource: string}[];
  readonly declaration?: object;
}

const NAMESPACE = 'default';
/** ConfigMaps too: the declarations of kinds, as kubectl rsg finds them. */
const RIGHTS = ['ConfigMap', 'ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'];
const objectSchema = z.looseObject({kind: z.string(), metadata: z.looseObject({annotations: z.record(z.string(), z.string()).optional()})});

/** One right out of every role, since each role and binding reaches the authorizer by itself. */
const READY: Readonly<Record<keyof typeof ACCOUNTS, readonly Asked[]>> = {
  controller: [
    {verb: 'list', group: '', resource: 'pods', namespace: NAMESPACE},
    {verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: NAMESPACE},
  ],
  adapter: [
    {verb: 'list', group: '', resource: 'pods', namespace: NAMESPACE},
    {verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews'},
    {verb: 'create', group: '', resource: 'secrets', namespace: NAMESPACE},
    {verb: 'get', group: '', resource: 'configmaps', namespace: 'kube-system', name: 'extension-apiserver-authentication'},
  ],
};

/** Applies them, and answers a kubeconfig of the account's once they hold. `targetKinds` in place of the chart's own. */
export async function underChartRights(
  cluster: ControlPlane,
  account: keyof typeof ACCOUNTS,
  targetKinds?: readonly TargetKind[],
): Promise<string> {
  const rights = await chartRights(targetKinds);
  // A suite may start both programs at once, and of two that create the same object one is refused.
  await eventually('the rights are there', async () => (await cluster.apply(rights)) !== '');
  const name = ACCOUNTS[account];
  await eventually('the rights hold', async () => {
    const may = await whoMay(
      cluster,
      READY[account].map((asked) => ({...asked, user: `system:serviceaccount:${NAMESPACE}:${name}`})),
    );
    return may.every(Boolean);
  });
  return kubeconfigOf(cluster, NAMESPACE, name);
}

async function chartRights(targetKinds?: readonly TargetKind[]): Promise<object[]> {
  const sets = targetKinds === undefined ? [] : ['--set-json', `targetKinds=${JSON.stringify(targetKinds)}`];
  const {stdout, stderr, code} = await runHelm(await helmProgram(), ['template', 'rsg', CHART, '--namespace', NAMESPACE, ...sets]);
  assert.equal(code, 0, stderr);
  const objects = parseAllDocuments(stdout).flatMap((document) => {
    const read = objectSchema.safeParse(document.toJS());
    return read.success ? read.data : [];
  });
  return objects.filter(({kind, metadata}) => RIGHTS.includes(kind) && metadata.annotations?.['helm.sh/hook'] === undefined);
}

/** What the program asked and RBAC refused is a right that the chart lacks, whether or not the program went on without. */
export async function assertNothingForbidden(cluster: ControlPlane): Promise<void> {
  const requests = await cluster.requests();
  for (const name of Object.values(ACCOUNTS)) {
    assert.deepEqual(usedBy(requests, `:${NAMESPACE}:${name}`).forbidden, [], `the chart's ServiceAccount ${name} lacks rights`);
  }
}
