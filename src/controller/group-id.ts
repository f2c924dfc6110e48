/** Group IDs: the originals' ID without trailing digits, plus an index that only grows (`group0` → `group1`; `blue` → `blue-1`). */

const parts = (groupID: string): {prefix: string; start: number} => {
  const digits = /\d+$/u.exec(groupID)?.[0];
  if (digits === undefined || digits === groupID) return {prefix: `${groupID}-`, start: 0};
  return {prefix: groupID.slice(0, -digits.length), start: Number(digits)};
};

/** The index of the first clone: one above the number at the end of `groupID`, or 1. */
export function firstIndex(groupID: string): number {
  return parts(groupID).start + 1;
}

export function groupIdOf(groupID: string, index: number): string {
  return `${parts(groupID).prefix}${String(index)}`;
}

/** The index in an ID made by `groupIdOf`; undefined for any other. */
export function indexOf(groupID: string, id: string): number | undefined {
  const {prefix} = parts(groupID);
  const rest = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  return /^[1-9]\d{0,8}$/u.test(rest) ? Number(rest) : undefined;
}
