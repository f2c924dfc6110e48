/** Parks originals and brings them back: one request, or the steps of `parking.ts` for a kind that only its scale subresource scales. */
import {ANNOTATIONS} from '../api/labels.ts';
import type {KubeClient, WriteOptions} from '../kube/client.ts';
import type {Watches} from '../kube/watches.ts';
import {kindOf} from '../api/workload.ts';
import {refOf} from './act-deps.ts';
import type {Action, Live} from './model.ts';
import {rememberedText, replicasPatch} from './parking.ts';

interface Deps {
  readonly client: Pick<KubeClient, 'patch'>;
  readonly watches: Pick<Watches, 'apply'>;
  readonly signal: AbortSignal;
}

type Annotations = Readonly<Record<string, string | null>>;

export async function park({on, contests}: Extract<Action, {do: 'park'}>, deps: Deps): Promise<void> {
  const text = rememberedText(on);
  const annotations = {
    [ANNOTATIONS.parkedReplicas]: text,
    ...(contests > 0 ? {[ANNOTATIONS.parkContests]: String(contests)} : {}),
  };
  if (kindOf(on).parking !== 'scale') {
    await patch(on, {annotations, replicas: 0}, deps);
    return;
  }
  await patch(on, {annotations: {[ANNOTATIONS.parking]: text}}, deps);
  await scale(on, 0, deps);
  await patch(on, {annotations: {...annotations, [ANNOTATIONS.parking]: null}, anyVersion: true}, deps);
}

const UNPARKED = {[ANNOTATIONS.parkedReplicas]: null, [ANNOTATIONS.parkContests]: null};

export async function restore({on, replicas}: Extract<Action, {do: 'restore'}>, deps: Deps): Promise<void> {
  if (kindOf(on).parking !== 'scale') {
    await patch(on, {annotations: UNPARKED, replicas}, deps);
    return;
  }
  await patch(on, {annotations: {...UNPARKED, [ANNOTATIONS.parking]: rememberedText(on)}}, deps);
  await scale(on, replicas, deps);
  await patch(on, {annotations: {[ANNOTATIONS.parking]: null}, anyVersion: true}, deps);
}

interface Change {
  readonly annotations: Annotations;
  readonly replicas?: number;
  /** After our own write to the scale subresource the version that was read is no longer the stored one. */
  readonly anyVersion?: boolean;
}

/** One request for annotations and replicas, so that parking is never half done. */
async function patch(on: Live, {annotations, replicas, anyVersion}: Change, {client, watches, signal}: Deps): Promise<void> {
  const {type, object} = on;
  const version = anyVersion === true ? {uid: object.metadata.uid} : {resourceVersion: object.metadata.resourceVersion};
  const body = {metadata: {...version, annotations}, ...(replicas === undefined ? {} : replicasPatch(on, replicas))};
  watches.apply(type, await client.patch(refOf(type, object), body, {signal}));
}

async function scale({type, object}: Live, replicas: number, {client, signal}: Deps): Promise<void> {
  const options: WriteOptions = {subresource: 'scale', signal};
  await client.patch(refOf(type, object), {spec: {replicas}}, options);
}
