/** Cells of one situation, each computed when first asked for: an answer needs a few signals of a few roles, not all of them. */
import {gather, joinAll, type Cell, type Situation} from './gather.ts';
import type {RoleModel} from './model.ts';
import type {SignalName} from './query.ts';

export interface Cells {
  readonly situation: Situation;
  /** By group, of every group that counts. */
  of(role: RoleModel, signal: SignalName): ReadonlyMap<string, Cell>;
  /** All groups as one, or one group. */
  part(role: RoleModel, signal: SignalName, group?: string): Cell;
}

const NOTHING = joinAll([]);

export function createCells(situation: Situation): Cells {
  const memory = new Map<string, {readonly byGroup: ReadonlyMap<string, Cell>; readonly whole: Cell}>();
  const known = (role: RoleModel, signal: SignalName): {readonly byGroup: ReadonlyMap<string, Cell>; readonly whole: Cell} => {
    const key = `${role.role}/${signal}`;
    const before = memory.get(key);
    if (before !== undefined) return before;
    const byGroup = gather(situation, role, signal);
    const entry = {byGroup, whole: joinAll(byGroup.values())};
    memory.set(key, entry);
    return entry;
  };
  return {
    situation,
    of: (role, signal) => known(role, signal).byGroup,
    part: (role, signal, group) => {
      const {byGroup, whole} = known(role, signal);
      return group === undefined ? whole : (byGroup.get(group) ?? NOTHING);
    },
  };
}
