/** Kinds that are asked and never stored: may this user do that, whose token is this, who am I. */
import {asObject, type Json} from '../../api/json.ts';
import {apiVersionOf} from '../../api/objects.ts';
import type {Clock} from '../../runtime/clock.ts';
import {timestamp} from '../../runtime/clock.ts';
import {methodNotAllowed} from '../api-error.ts';
import {textOf} from '../kinds/fill.ts';
import type {Definitions} from '../schema/definitions.ts';
import {ADMIN, isSame} from './authentication.ts';
import {readObject, sendJson, type Call, type User} from './call.ts';
import type {ReviewKind} from './discovery.ts';
import type {ResourcePath} from './resource-path.ts';

const authorization = {group: 'authorization.k8s.io', version: 'v1'} as const;
const authentication = {group: 'authentication.k8s.io', version: 'v1'} as const;

export const REVIEWS: readonly ReviewKind[] = [
  {...authorization, kind: 'SubjectAccessReview', plural: 'subjectaccessreviews', namespaced: false},
  {...authorization, kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews', namespaced: false},
  {...authorization, kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews', namespaced: false},
  {...authorization, kind: 'LocalSubjectAccessReview', plural: 'localsubjectaccessreviews', namespaced: true},
  {...authentication, kind: 'TokenReview', plural: 'tokenreviews', namespaced: false},
  {...authentication, kind: 'SelfSubjectReview', plural: 'selfsubjectreviews', namespaced: false},
];

export function findReview({group, version, plural, name}: ResourcePath): ReviewKind | undefined {
  if (name !== undefined) return undefined;
  return REVIEWS.find((one) => one.group === group && one.version === version && one.plural === plural);
}

interface Deps {
  readonly token: string;
  readonly clock: Clock;
  readonly kinds: {readonly definitions: Definitions};
}

export async function serveReview(review: ReviewKind, call: Call, {token, clock, kinds: {definitions}}: Deps): Promise<void> {
  if (call.method !== 'POST') throw methodNotAllowed();
  const raw = await readObject(call, {definitions, name: `api.${review.group.split('.', 1)[0] ?? ''}.${review.version}.${review.kind}`});
  const spec = asObject(raw['spec']);
  sendJson(call.response, 201, {
    kind: review.kind,
    apiVersion: apiVersionOf(review),
    metadata: {...asObject(raw['metadata']), creationTimestamp: timestamp(clock.now())},
    ...(Object.keys(spec).length === 0 && review.kind === 'SelfSubjectReview' ? {} : {spec}),
    status: answer(review, spec, {user: call.user, token}),
  });
}

const EVERYTHING = {verbs: ['*'], apiGroups: ['*'], resources: ['*']};
const EVERYWHERE = {verbs: ['*'], nonResourceURLs: ['*']};

function answer({kind}: ReviewKind, spec: Json, {user, token}: {user: User; token: string}): object {
  switch (kind) {
    case 'SelfSubjectReview':
      return {userInfo: {username: user.name, groups: user.groups}};
    case 'SelfSubjectRulesReview':
      return {resourceRules: [EVERYTHING], nonResourceRules: [EVERYWHERE], incomplete: false};
    case 'TokenReview':
      if (!isSame(textOf(spec['token']), token)) return {authenticated: false, user: {}, error: 'invalid bearer token'};
      return {authenticated: true, user: {username: ADMIN.name, groups: ADMIN.groups}};
    case 'SelfSubjectAccessReview':
      return isAllowed(user.groups) ? {allowed: true} : {allowed: false};
    default:
      return isAllowed(Array.isArray(spec['groups']) ? spec['groups'].map(String) : []) || spec['user'] === ADMIN.name
        ? {allowed: true}
        : {allowed: false};
  }
}

/** Members of this group may do everything; there is nobody else. */
const isAllowed = (groups: readonly string[]): boolean => groups.includes('system:masters');
