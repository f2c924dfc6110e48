/** What the API server itself writes into metadata, and which of a client's values it does not take. Pure. */
import {isDeepStrictEqual} from 'node:util';
import type {KubeObject, ObjectMeta} from '../../api/objects.ts';
import {timestamp} from '../../runtime/clock.ts';
import type {Kind} from '../kinds/kind.ts';

/** Letters of generated names: no vowels, nothing that looks like another. */
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_PREFIX = 58;

export interface Stamp {
  readonly now: number;
  readonly uid: string;
  readonly random: () => number;
}

export function generatedName(prefix: string, random: () => number): string {
  const letters = Array.from({length: SUFFIX_LENGTH}, () => SUFFIX_LETTERS[Math.floor(random() * SUFFIX_LETTERS.length)] ?? 'x');
  return `${prefix.slice(0, MAX_PREFIX)}${letters.join('')}`;
}

function generateNameOf(metadata: ObjectMeta): string {
  const fields: Readonly<Record<string, unknown>> = {...metadata};
  const prefix = fields['generateName'];
  return typeof prefix === 'string' ? prefix : '';
}

/** The object as it is first stored, without resourceVersion; status of kinds with a status subresource is not the creator's to write. */
export function asCreated(kind: Kind, object: KubeObject, stamp: Stamp): KubeObject {
  const {resourceVersion: _version, deletionTimestamp: _deleted, generation: _generation, ...kept} = object.metadata;
  const prefix = generateNameOf(object.metadata);
  const named = (kept.name as string | undefined) ?? '';
  const name = named === '' && prefix !== '' ? generatedName(prefix, stamp.random) : named;
  const metadata: ObjectMeta = {
    ...kept,
    name,
    uid: stamp.uid,
    creationTimestamp: timestamp(stamp.now),
    ...(kind.generation === 'none' ? {} : {generation: 1}),
  };
  const {status: _status, ...rest} = object;
  if (!kind.hasStatus) return {...object, metadata};
  const status = kind.initialStatus === undefined ? {} : {status: kind.initialStatus};
  return {...rest, apiVersion: object.apiVersion, kind: object.kind, metadata, ...status};
}

/** The object as an update leaves it: identity and deletion are the server's, status is kept. */
export function asUpdated(kind: Kind, object: KubeObject, before: KubeObject): KubeObject {
  const metadata = {...object.metadata, ...identityOf(before)};
  const {status: _status, ...rest} = object;
  const kept = before['status'] === undefined ? {} : {status: before['status']};
  const after = kind.hasStatus
    ? {...rest, apiVersion: before.apiVersion, kind: before.kind, metadata, ...kept}
    : {...object, apiVersion: before.apiVersion, kind: before.kind, metadata};
  return withGeneration(kind, after, before);
}

/** Only status moves; with a Deployment's its annotations, which is how its controller numbers revisions without a new generation. */
export function withStatus(kind: Kind, object: KubeObject, before: KubeObject): KubeObject {
  const {status: _status, ...rest} = before;
  const status = object['status'] === undefined ? {} : {status: object['status']};
  const {annotations} = object.metadata;
  const taken = kind.generation === 'spec-and-annotations' && annotations !== undefined ? {annotations} : {};
  return {...rest, apiVersion: before.apiVersion, kind: before.kind, metadata: {...before.metadata, ...taken}, ...status};
}

function identityOf({metadata}: KubeObject): Partial<ObjectMeta> & {name: string} {
  const kept: Readonly<Record<string, unknown>> = {...metadata};
  const keys = ['namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;
  return {
    name: metadata.name,
    ...Object.fromEntries(keys.flatMap((key) => (kept[key] === undefined ? [] : [[key, kept[key]]]))),
    ...(metadata.generation === undefined ? {} : {generation: metadata.generation}),
  };
}

function withGeneration(kind: Kind, after: KubeObject, before: KubeObject): KubeObject {
  if (kind.generation === 'none' || !moved(kind, after, before)) return after;
  return {...after, metadata: {...after.metadata, generation: (before.metadata.generation ?? 0) + 1}};
}

function moved(kind: Kind, after: KubeObject, before: KubeObject): boolean {
  const content = (object: KubeObject): object => ({...object, metadata: undefined, status: undefined});
  if (!isDeepStrictEqual(content(after), content(before))) return true;
  return (
    kind.generation === 'spec-and-annotations' && !isDeepStrictEqual(after.metadata.annotations ?? {}, before.metadata.annotations ?? {})
  );
}
