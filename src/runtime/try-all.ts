/** Tries all at once, then throws the first failure: one that fails does not keep the others from being done. */
export async function tryAll<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(items.map(run));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
