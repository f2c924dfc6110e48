/** Kubernetes quantities. Pure. */

/**
 * Whole thousandths, as an HPA reads them (`MilliValue`): `3400m`. Undefined for what a quantity cannot express: NaN, infinities, and
 * numbers whose thousandths are no exact integer.
 */
export function milli(value: number): string | undefined {
  const thousandths = Math.round(value * 1000);
  return Number.isSafeInteger(thousandths) ? `${String(thousandths)}m` : undefined;
}
