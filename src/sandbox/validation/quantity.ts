/** Resource quantities as numbers: `500m` is 0.5, `2Gi` is 2147483648. Pure. */

/** What each suffix multiplies by: decimal and binary. */
export const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** NaN for what is no quantity. */
export function quantityValue(text: unknown): number {
  const [, number = '', suffix = ''] = /^([+-]?[0-9.]+(?:[eE][-+]?[0-9]+)?)([A-Za-z]*)$/u.exec(String(text)) ?? [];
  return Number(number === '' ? Number.NaN : number) * (SUFFIXES[suffix] ?? Number.NaN);
}
