/** Chance with a seed, so that a history can be tried again; what the cluster makes of it differs all the same. */
import {chance} from '../exposition-fuzz.ts';

export interface Dice {
  /** In [from, to], whole. */
  between(from: number, to: number): number;
  oneOf<T>(all: readonly T[]): T;
  shuffled<T>(all: readonly T[]): T[];
}

export function createDice(seed: number): Dice {
  const random = chance(seed);
  const between = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  return {
    between,
    oneOf: (all) => {
      const found = all[between(0, all.length - 1)];
      if (found === undefined) throw new Error('nothing to choose from');
      return found;
    },
    shuffled: (all) => {
      const rest = [...all];
      return Array.from({length: rest.length}, () => rest.splice(between(0, rest.length - 1), 1)).flat();
    },
  };
}
