/** Who makes a request, as Kubernetes names users. Pure. */

export interface Identity {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const AUTHENTICATED = 'system:authenticated';
const ANONYMOUS = 'system:anonymous';

/** The groups of a user who has proved to be one: every such user is in `system:authenticated`, whoever has vouched. */
export function groupsOf(user: string, groups: readonly string[]): readonly string[] {
  return user === ANONYMOUS || groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED];
}
