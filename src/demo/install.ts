/** Puts the demo's objects into a cluster, as a user would with kubectl. */
import {renderCrd} from '../api/crd.ts';
import {GROUP, RSG_TYPE, VERSION} from '../api/labels.ts';
import type {KubeObject, ResourceType} from '../api/objects.ts';
import type {KubeClient} from '../kube/client.ts';
import {isKubeError} from '../kube/errors.ts';
import type {Clock} from '../runtime/clock.ts';
import {CRD_NAME} from './guest.ts';
import {adapterService, apiService, hpa, OWN_LABELS, rsg, service, workload, type Place} from './manifests.ts';
import {ROLES} from './settings.ts';
import {API_SERVICE, CRD, DEPLOYMENT, HPA, NAMESPACE, SERVICE, STATEFUL_SET} from './types.ts';

export interface InstallDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const PATIENCE_MS = 20_000;

async function createUnlessThere(type: ResourceType, object: KubeObject, {client, signal}: InstallDeps): Promise<void> {
  try {
    await client.create(type, object, {signal});
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
  }
}

/** The kind, and the two workloads with their Services: what a user has before there is an RSG. */
export async function installWorkloads(place: Place, deps: InstallDeps): Promise<void> {
  const {spec} = renderCrd();
  const metadata = {name: CRD_NAME, labels: OWN_LABELS};
  await createUnlessThere(CRD, {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata, spec}, deps);
  const namespace = {apiVersion: 'v1', kind: 'Namespace', metadata: {name: place.namespace, labels: OWN_LABELS}};
  await createUnlessThere(NAMESPACE, namespace, deps);
  for (const role of ROLES) {
    await createUnlessThere(role === 'prefill' ? DEPLOYMENT : STATEFUL_SET, workload(role, place), deps);
    await createUnlessThere(SERVICE, service(role, place), deps);
  }
  await served(deps);
}

/** Throws when the kind is not served in time. */
async function served({client, clock, signal}: InstallDeps): Promise<void> {
  const until = clock.now() + PATIENCE_MS;
  for (;;) {
    try {
      await client.raw(`/apis/${GROUP}/${VERSION}`, signal);
      return;
    } catch (error) {
      if (clock.now() > until || signal.aborted) throw error;
      await clock.sleep(100, signal);
    }
  }
}

/** By which HPAs find the demo's metrics. */
export async function installAdapter(place: Place, port: number, deps: InstallDeps): Promise<void> {
  await createUnlessThere(SERVICE, adapterService(place, port), deps);
  await createUnlessThere(API_SERVICE, apiService(place, port), deps);
}

export async function installRsg(place: Place, playsEngines: boolean, deps: InstallDeps): Promise<void> {
  await createUnlessThere(RSG_TYPE, rsg(place, playsEngines), deps);
}

export async function installHpa(place: Place, deps: InstallDeps): Promise<void> {
  await createUnlessThere(HPA, hpa(place), deps);
}
