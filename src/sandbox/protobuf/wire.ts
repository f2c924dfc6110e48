/** The wire format of protocol buffers, as far as Kubernetes uses it. Pure. */

export interface WireField {
  readonly number: number;
  /** A varint, or the eight or four bytes of a fixed number, or the bytes of everything else. */
  readonly value: bigint | Uint8Array;
}

export class WireError extends Error {
  override readonly name = 'WireError';
}

/** The fields of one message, in their order. */
export function readFields(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) break;
      at += 1;
      result |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, result);
    }
    throw new WireError('unexpected EOF');
  };
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > bytes.length) throw new WireError('unexpected EOF');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    fields.push({number: tag >>> 3, value: readValue(tag & 7)});
  }
  return fields;

  function readValue(type: number): WireField['value'] {
    switch (type) {
      case 0:
        return varint();
      case 1:
        return take(8);
      case 2:
        return take(Number(varint()));
      case 5:
        return take(4);
      default:
        throw new WireError(`illegal wireType ${String(type)}`);
    }
  }
}

/** All values of a field; the last one counts where one is expected. */
export function valuesOf(fields: readonly WireField[], number: number): WireField['value'][] {
  return fields.filter((field) => field.number === number).map(({value}) => value);
}

export function asText(value: WireField['value'] | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
}

export function asBytes(value: WireField['value'] | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

export function asInteger(value: WireField['value'] | undefined): number {
  return typeof value === 'bigint' ? Number(value) : 0;
}
