/**
 * Asks kube-apiserver who a token belongs to (TokenReview) and what a user may do (SubjectAccessReview). Answers hold for ten seconds, and
 * for twenty more while they are asked for again: HPAs come every 15 s, and would otherwise always wait. What RBAC takes away is gone after
 * 30 s at the latest.
 */
import {createHash} from 'node:crypto';
import {z} from 'zod';
import type {KubeObject, ResourceType} from '../../../api/objects.ts';
import type {KubeClient} from '../../../kube/client.ts';
import type {Clock} from '../../../runtime/clock.ts';
import type {ResourceAttributes} from '../api-path.ts';
import {createAnswerCache} from './answer-cache.ts';
import type {Identity} from './identity.ts';

const TOKEN_REVIEW: ResourceType = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};
const ACCESS_REVIEW: ResourceType = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

export interface Reviews {
  /** Undefined when the token is nobody's. Rejects when the API server gives no answer. */
  whose(token: string): Identity | undefined | Promise<Identity | undefined>;
  /** Rejects when the API server gives no answer. */
  may(identity: Identity, attributes: ResourceAttributes): Decision | Promise<Decision>;
}

const KEEP = {freshMs: 10_000, keepMs: 30_000, size: 4096};

const tokenStatus = z.object({
  authenticated: z.boolean().default(false),
  user: z
    .object({
      username: z.string().default(''),
      uid: z.string().optional(),
      groups: z.array(z.string()).default([]),
      extra: z.record(z.string(), z.array(z.string())).default({}),
    })
    .optional(),
});
const accessStatus = z.object({allowed: z.boolean(), denied: z.boolean().default(false), reason: z.string().default('')});

export function createReviews({client, clock}: {client: Pick<KubeClient, 'create'>; clock: Clock}): Reviews {
  const tokens = createAnswerCache<Identity | undefined>(KEEP, {clock});
  const decisions = createAnswerCache<Decision>(KEEP, {clock});
  const keyOf = createKeys();
  const review = async (type: ResourceType, spec: object): Promise<unknown> => {
    const {kind, group, version} = type;
    // A review is an object without a name.
    const object: KubeObject = {apiVersion: `${group}/${version}`, kind, metadata: {name: ''}, spec};
    return (await client.create(type, object))['status'];
  };
  return {
    // Only the token's hash is kept.
    whose: (token) =>
      tokens.get(createHash('sha256').update(token).digest('base64'), async () => {
        const {authenticated, user} = tokenStatus.parse(await review(TOKEN_REVIEW, {token}));
        if (!authenticated || user === undefined || user.username === '') return undefined;
        const {username, uid, groups, extra} = user;
        return {user: username, ...(uid === undefined ? {} : {uid}), groups, extra};
      }),
    may: (identity, attributes) =>
      decisions.get(`${keyOf(identity)} ${keyOf(attributes)}`, async () => {
        const {user, uid, groups, extra} = identity;
        const spec = {resourceAttributes: attributes, user, groups, extra, ...(uid === undefined ? {} : {uid})};
        const {allowed, denied, reason} = accessStatus.parse(await review(ACCESS_REVIEW, spec));
        return {allowed: allowed && !denied, reason};
      }),
  };
}

/** The same value as text. Most requests come with objects that have been seen before. */
function createKeys(): (value: object) => string {
  const known = new WeakMap<object, string>();
  return (value) => {
    const key = known.get(value) ?? JSON.stringify(value);
    known.set(value, key);
    return key;
  };
}
