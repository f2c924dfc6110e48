/**
 * The router in front of the groups: a request goes to the group with the least to do, there to the least busy prefill pod, and from it to
 * the least busy decode pod of the same group, since that is where its KV cache can be handed over. It watches labels, as routers do: what
 * the Services' selectors do not match, what is not Ready and what drains gets nothing new. Pure.
 */
import type {Member} from '../engine/fleet.ts';
import type {EngineRole} from '../engine/model.ts';

/** `spec.selector` of the Service of each role. */
export type RoleSelectors = Readonly<Record<EngineRole, Readonly<Record<string, string>>>>;

function takes({pod}: Member, selectors: RoleSelectors): boolean {
  return pod.routable && Object.entries(selectors[pod.role]).every(([key, value]) => pod.labels[key] === value);
}

const leastBusy = (members: readonly Member[]): Member | undefined =>
  [...members].sort((a, b) => a.engine.inFlight() - b.engine.inFlight())[0];

/** The prefill pod for a new request; undefined when no group is whole and open. */
export function routePrefill(members: readonly Member[], selectors: RoleSelectors): Member | undefined {
  const open = members.filter((member) => takes(member, selectors));
  const has = (group: string, role: EngineRole): boolean => open.some(({pod}) => pod.group === group && pod.role === role);
  const whole = [...new Set(open.map(({pod}) => pod.group))].filter((group) => has(group, 'prefill') && has(group, 'decode'));
  const busy = (group: string): number =>
    members.filter(({pod}) => pod.group === group && pod.role === 'prefill').reduce((sum, {engine}) => sum + engine.inFlight(), 0);
  const [group] = whole.sort((a, b) => busy(a) - busy(b));
  return leastBusy(open.filter(({pod}) => pod.group === group && pod.role === 'prefill'));
}

/** The decode pod for a request whose prompt is computed: of its group, draining or not, since the request is already there. */
export function routeDecode(members: readonly Member[], group: string): Member | undefined {
  const decoders = members.filter(({pod}) => pod.group === group && pod.role === 'decode');
  const routable = decoders.filter(({pod}) => pod.routable);
  return leastBusy(routable.length > 0 ? routable : decoders);
}
