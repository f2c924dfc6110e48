/** A program under exactly the rights of one ServiceAccount, and what of these rights it used, by the audit log. */
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import type {AuditedWrite, ControlPlane} from './control-plane.ts';

/** A kubeconfig with a token of the ServiceAccount. */
export async function kubeconfigOf(cluster: ControlPlane, namespace: string, account: string): Promise<string> {
  const token = (await cluster.kubectlOk('create', 'token', account, '-n', namespace, '--duration=1h')).trim();
  const file = join(cluster.directory, `${account}.kubeconfig`);
  const ca = Buffer.from(cluster.ca).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{name: 'test', cluster: {server: cluster.url, 'certificate-authority-data': ca}}],
    users: [{name: 'test', user: {token}}],
    contexts: [{name: 'test', context: {cluster: 'test', user: 'test', namespace}}],
    'current-context': 'test',
  };
  await writeFile(file, JSON.stringify(config), {mode: 0o600});
  return file;
}

const rulesSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({name: z.string()}),
      rules: z.array(z.object({apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string())})).nullable(),
    }),
  ),
});

/** Each single right that a chart's roles grant: `patch apps/deployments`. */
export async function grantsOf(cluster: ControlPlane, roles: (name: string) => boolean): Promise<Set<string>> {
  const text = await cluster.kubectlOk(
    'get',
    'clusterroles,roles',
    '-A',
    '-l',
    'app.kubernetes.io/name=resource-scaling-group',
    '-o',
    'json',
  );
  const found = rulesSchema.parse(JSON.parse(text)).items.filter(({metadata}) => roles(metadata.name));
  const rules = found.flatMap((role) => role.rules ?? []);
  return new Set(
    rules.flatMap(({apiGroups, resources, verbs}) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
    ),
  );
}

/** Each right that was used, successfully or not, by users whose name ends so. */
export function usedBy(audit: readonly AuditedWrite[], account: string): {readonly used: Set<string>; readonly refused: readonly string[]} {
  const own = audit.filter(({user, resource}) => user.endsWith(account) && resource !== '');
  const right = ({verb, apiGroup, resource, subresource}: AuditedWrite): string =>
    `${verb} ${apiGroup}/${resource}${subresource === '' ? '' : `/${subresource}`}`;
  return {used: new Set(own.map(right)), refused: own.filter(({code}) => code === 403).map(right)};
}
