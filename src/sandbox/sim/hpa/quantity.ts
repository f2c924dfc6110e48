/** Quantities in thousandths, which is how an HPA compares them. Pure. */
import {SUFFIXES} from '../../validation/quantity.ts';

const QUANTITY = /^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/u;

/** Rounded up, as `MilliValue()` does; undefined for what is not a quantity. */
export function milliOf(text: string): number | undefined {
  const [, digits, exponent = '', suffix = ''] = QUANTITY.exec(text) ?? [];
  const factor = SUFFIXES[suffix];
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
