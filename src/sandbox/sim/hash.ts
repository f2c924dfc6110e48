/** Short names for templates: the same template has the same hash, whatever the order of its keys. Pure. */
import {createHash} from 'node:crypto';
import {canonical} from '../../api/canonical.ts';

/** No vowels and nothing that is easily misread, as in the names that Kubernetes makes. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const LENGTH = 10;

/** Ten characters. `collisions` tells apart what has the same hash by accident. */
export function hashOf(value: unknown, collisions = 0): string {
  const digest = createHash('sha256')
    .update(`${canonical(value)}${String(collisions)}`)
    .digest();
  return [...digest.subarray(0, LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** Five characters from numbers in [0, 1), as generated names end. */
export function randomSuffix(random: () => number): string {
  return Array.from({length: 5}, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('');
}
