/** Quantities in thousandths, which is how an HPA compares them. Pure. */

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
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
const QUANTITY = /^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/u;

/** Rounded up, as `MilliValue()` does; undefined for what is not a quantity. */
export function milliOf(text: string): number | undefined {
  const [, digits, exponent = '', suffix = ''] = QUANTITY.exec(text) ?? [];
  const factor = FACTORS[suffix];
  if (digits === undefined || factor === undefined) return undefined;
  const exact = Number(digits + exponent) * factor * 1000;
  // Products of decimals may miss a whole number by a hair, which rounding up would make a whole one more.
  const nearest = Math.round(exact);
  return Math.abs(exact - nearest) < 1e-6 * Math.max(1, Math.abs(exact)) ? nearest : Math.ceil(exact);
}

/** As the API prints it: whole numbers without suffix. */
export function quantityOf(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${String(milli)}m`;
}
