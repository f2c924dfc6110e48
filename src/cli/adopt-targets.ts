/** `KIND/NAME` as `adopt` takes it, and the manifest that it becomes. Pure. */
import {GROUP, KIND, VERSION} from '../api/labels.ts';
import type {KubeObject} from '../api/objects.ts';
import {UsageError} from './exit.ts';

export interface Wanted {
  readonly kind: string;
  /** `apps/v1`. */
  readonly version: string;
  readonly name: string;
}

const KNOWN: readonly (readonly [string, string, readonly string[]])[] = [
  ['Deployment', 'apps/v1', ['deployment', 'deployments', 'deploy', 'deployment.apps', 'deployments.apps']],
  ['StatefulSet', 'apps/v1', ['statefulset', 'statefulsets', 'sts', 'statefulset.apps', 'statefulsets.apps']],
  ['LeaderWorkerSet', 'leaderworkerset.x-k8s.io/v1', ['leaderworkerset', 'leaderworkersets', 'lws']],
];
const FULL = /^(?<kind>[A-Za-z][A-Za-z0-9]*)\.(?<version>v\d+(?:(?:alpha|beta)\d+)?)\.(?<group>[-a-z0-9.]+)$/u;

/** Throws a `UsageError` with every argument that cannot be read. */
export function readTargets(args: readonly string[]): Wanted[] {
  const mistakes: string[] = [];
  const found = args.flatMap((arg): Wanted[] => {
    const [kind = '', name = '', ...more] = arg.split('/');
    const known = KNOWN.find(([, , names]) => names.includes(kind.toLowerCase()));
    const {kind: fullKind, version, group} = FULL.exec(kind)?.groups ?? {};
    if (kind === '' || name === '' || more.length > 0) mistakes.push(`${arg}: must be KIND/NAME, such as deployment/prefill`);
    else if (known !== undefined) return [{kind: known[0], version: known[1], name}];
    else if (fullKind !== undefined && version !== undefined && group !== undefined)
      return [{kind: fullKind, version: `${group}/${version}`, name}];
    else mistakes.push(`${arg}: kind ${kind} is not known; give it in full, such as rolebasedgroup.v1alpha1.workloads.x-k8s.io/${name}`);
    return [];
  });
  if (mistakes.length > 0) throw new UsageError(mistakes);
  return found;
}

export interface ManifestOptions {
  readonly name: string;
  readonly namespace: string;
  readonly engine: string | undefined;
}

/** Only what is not a default: the rest is the API server's to fill in. */
export function manifestOf(targets: readonly Wanted[], {name, namespace, engine}: ManifestOptions): KubeObject {
  const targetResources = targets.map((target) => ({name: target.name, kind: target.kind.toLowerCase(), version: target.version}));
  return {
    apiVersion: `${GROUP}/${VERSION}`,
    kind: KIND,
    metadata: {name, namespace},
    spec: {replicas: 1, group: {targetResources}, ...(engine === undefined ? {} : {metrics: {engine}})},
  };
}
