/** A program under exactly the rights of one ServiceAccount, and what of these rights it used, by the audit log. */
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {whoMay} from './access.ts';
import type {AuditedRequest, ControlPlane} from './control-plane.ts';
import {eventually} from './wait.ts';

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
      metadata: z.object({name: z.string(), namespace: z.string().optional()}),
      rules: z
        .array(
          z.object({
            apiGroups: z.array(z.string()),
            resources: z.array(z.string()),
            resourceNames: z.array(z.string()).optional(),
            verbs: z.array(z.string()),
          }),
        )
        .nullable(),
    }),
  ),
});

/** One verb on one resource, as one role grants it. */
export interface Grant {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly names: readonly string[];
  /** Of a Role; without one it holds everywhere. */
  readonly namespace: string | undefined;
}

/** `patch apps/deployments`. */
export function rightOf({verb, group, resource}: Pick<Grant, 'verb' | 'group' | 'resource'>): string {
  return `${verb} ${group}/${resource}`;
}

/** Everything that a chart's roles grant, verb by verb. */
export async function grantsOf(cluster: ControlPlane, roles: (name: string) => boolean): Promise<Grant[]> {
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
  return found.flatMap(({metadata: {namespace}, rules}) =>
    (rules ?? []).flatMap(({apiGroups, resources, resourceNames: names = [], verbs}) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({verb, group, resource, names, namespace})))),
    ),
  );
}

/**
 * What users whose name ends so asked, by right, and what RBAC refused them in a namespace where it never allowed the same: an API server that
 * starts anew refuses everything until it has read its roles.
 */
export function usedBy(
  audit: readonly AuditedRequest[],
  account: string,
): {readonly used: ReadonlyMap<string, AuditedRequest>; readonly forbidden: readonly string[]} {
  const own = audit.filter(({user, resource}) => user.endsWith(account) && resource !== '');
  const right = ({verb, apiGroup, resource, subresource}: AuditedRequest): string =>
    `${verb} ${apiGroup}/${resource}${subresource === '' ? '' : `/${subresource}`}`;
  const place = (one: AuditedRequest): string => `${right(one)} in ${one.namespace}`;
  const allowed = new Set(own.filter(({forbidden}) => !forbidden).map(place));
  const refused = own.filter((one) => one.forbidden && !allowed.has(place(one)));
  return {used: new Map(own.map((one) => [right(one), one])), forbidden: [...new Set(refused.map(place))]};
}

/**
 * Takes away each right in turn, of a user who has all the others, and asks the API server's authorizer about a recorded request that used it.
 * Answers the rights without which the request is allowed all the same: some other rule grants them too.
 */
export async function notMissed(
  cluster: ControlPlane,
  grants: readonly Grant[],
  used: ReadonlyMap<string, AuditedRequest>,
): Promise<string[]> {
  const cases = [...used].filter(([right]) => grants.some((grant) => rightOf(grant) === right));
  const user = (at: number): string => `without-${String(at)}`;
  await cluster.apply(
    cases.flatMap(([right], at) => [
      ...rolesOf(
        user(at),
        grants.filter((grant) => rightOf(grant) !== right),
      ),
    ]),
  );
  const asked = cases.map(([, {verb, apiGroup: group, resource, subresource, namespace, name}], at) => ({
    ...{user: user(at), verb, group, resource, subresource, namespace, name},
  }));
  const everything = rolesOf('with-all', grants);
  await cluster.apply([...everything]);
  await eventually('the rights of the one who has them all hold', async () =>
    (
      await whoMay(
        cluster,
        asked.map((one) => ({...one, user: 'with-all'})),
      )
    ).every(Boolean),
  );
  const may = await whoMay(cluster, asked);
  return cases.flatMap(([right], at) => (may[at] === true ? right : []));
}

/** Roles and bindings that grant exactly these to a user. */
function* rolesOf(user: string, grants: readonly Grant[]): Generator<object> {
  for (const namespace of new Set(grants.map((grant) => grant.namespace))) {
    const rules = grants
      .filter((grant) => grant.namespace === namespace)
      .map(({verb, group, resource, names}) => ({
        ...{apiGroups: [group], resources: [resource], verbs: [verb]},
        ...(names.length === 0 ? {} : {resourceNames: names}),
      }));
    const kind = namespace === undefined ? 'ClusterRole' : 'Role';
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = {name: user, ...(namespace === undefined ? {} : {namespace})};
    yield {apiVersion, kind, metadata, rules};
    const roleRef = {apiGroup: 'rbac.authorization.k8s.io', kind, name: user};
    yield {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef,
      subjects: [{apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user}],
    };
  }
}
