/** Single values as Go's decoder takes them. */

/** The real one's expression for resource quantities. */
const QUANTITY = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/u;
const QUANTITY_MESSAGE = `quantities must match the regular expression '${QUANTITY.source}'`;
const INT32 = 2 ** 31;

/** What Go's JSON decoder calls a value. */
export function describeJson(raw: unknown): string {
  if (Array.isArray(raw)) return 'array';
  if (typeof raw === 'number') return Number.isInteger(raw) ? 'number' : `number ${String(raw)}`;
  return typeof raw === 'boolean' ? 'bool' : typeof raw;
}

/** `mismatch` makes the error of a value that is not of the Go type. */
export function decodeScalar(scalar: string, raw: unknown, mismatch: (goType: string) => Error): unknown {
  switch (scalar) {
    case 'string':
    case 'boolean':
      if (typeof raw !== scalar) throw mismatch(scalar === 'boolean' ? 'bool' : scalar);
      return raw;
    case 'bytes':
      return bytes(raw, mismatch);
    case 'int32':
    case 'int64':
      return integer(scalar, raw, mismatch);
    case 'quantity':
      return quantity(raw);
    case 'intOrString':
      if (typeof raw !== 'number' && typeof raw !== 'string') throw mismatch('intstr.IntOrString');
      return raw;
    case 'time':
    case 'microTime':
      return time(raw, mismatch);
    default:
      return raw;
  }
}

function bytes(raw: unknown, mismatch: (goType: string) => Error): string {
  if (typeof raw !== 'string') throw mismatch('[]uint8');
  if (!/^[A-Za-z0-9+/\r\n]*={0,2}$/u.test(raw)) throw new Error('illegal base64 data at input byte 0');
  return raw;
}

function integer(scalar: 'int32' | 'int64', raw: unknown, mismatch: (goType: string) => Error): number {
  if (typeof raw !== 'number' || !Number.isInteger(raw)) throw mismatch(scalar);
  if (scalar === 'int32' && (raw >= INT32 || raw < -INT32)) throw mismatch(scalar);
  return raw;
}

function time(raw: unknown, mismatch: (goType: string) => Error): string {
  if (typeof raw !== 'string') throw mismatch('string');
  const shown = JSON.stringify(raw);
  if (Number.isNaN(Date.parse(raw)))
    throw new Error(`parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as "2006"`);
  return raw;
}

function quantity(raw: unknown): string {
  if (typeof raw === 'number') return String(raw);
  if (typeof raw === 'string' && QUANTITY.test(raw)) return raw;
  throw new Error(QUANTITY_MESSAGE);
}
