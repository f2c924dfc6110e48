/** Names of what is made for a group. */
import {createHash} from 'node:crypto';

/** `NAME-GROUP`, cut and hashed where it is longer than `max` (`maxNameLength` of the kind), so that different names stay different. */
export function cloneName(target: string, group: string, max: number): string {
  const full = `${target}-${group}`;
  if (full.length <= max) return full;
  const hash = createHash('sha256').update(full).digest('hex').slice(0, 8);
  return `${full.slice(0, max - 9).replace(/[-.]+$/u, '')}-${hash}`;
}
