/** What the user of a kubeconfig must be allowed to do before the demo makes anything in that cluster: nothing is begun that cannot be ended. */
import {asObject} from '../api/json.ts';
import {RSG_TYPE} from '../api/labels.ts';
import type {ResourceType} from '../api/objects.ts';
import type {KubeClient} from '../kube/client.ts';
import {API_SERVICE, CRD, DEPLOYMENT, NAMESPACE, POD, SERVICE, STATEFUL_SET} from './types.ts';

const REVIEW: ResourceType = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
};

interface Right {
  readonly verbs: readonly string[];
  readonly type: ResourceType;
  /** In the demo's namespace only. */
  readonly inNamespace?: true;
}

const WORKLOAD_VERBS = ['create', 'patch', 'delete', 'watch'];
const RIGHTS: readonly Right[] = [
  {verbs: ['get', 'create', 'delete'], type: NAMESPACE},
  {verbs: ['get', 'create', 'delete'], type: CRD},
  {verbs: ['get'], type: API_SERVICE},
  {verbs: ['list'], type: RSG_TYPE},
  {verbs: WORKLOAD_VERBS, type: RSG_TYPE, inNamespace: true},
  {verbs: WORKLOAD_VERBS, type: DEPLOYMENT, inNamespace: true},
  {verbs: WORKLOAD_VERBS, type: STATEFUL_SET, inNamespace: true},
  {verbs: ['create'], type: SERVICE, inNamespace: true},
  {verbs: ['watch'], type: POD, inNamespace: true},
];

/** A line for each resource, as `create, delete namespaces`. */
export async function missingRights(namespace: string, {client}: {readonly client: KubeClient}): Promise<string[]> {
  const lines = RIGHTS.map(async ({verbs, type, inNamespace}) => {
    const where = inNamespace === true ? {namespace} : {};
    const may = await Promise.all(verbs.map((verb) => allowed({verb, group: type.group, resource: type.plural, ...where}, client)));
    const missing = verbs.filter((_, at) => may[at] === false);
    const resource = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
    return missing.length === 0 ? [] : [`${missing.join(', ')} ${resource}${inNamespace === true ? ` in the namespace ${namespace}` : ''}`];
  });
  return (await Promise.all(lines)).flat();
}

async function allowed(resourceAttributes: object, client: KubeClient): Promise<boolean> {
  const {kind} = REVIEW;
  const answer = await client.create(REVIEW, {
    apiVersion: 'authorization.k8s.io/v1',
    kind,
    metadata: {name: ''},
    spec: {resourceAttributes},
  });
  return asObject(answer['status'])['allowed'] === true;
}
