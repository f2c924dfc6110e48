/** The last changes, for watches that start in the past. Bounded: an older start is answered with 410, as after etcd's compaction. */
import type {ChangeEvent} from '../object-store.ts';

export interface History {
  push(event: ChangeEvent): void;
  /** The changes after `version`, or undefined when some of them are forgotten. */
  since(version: number): readonly ChangeEvent[] | undefined;
}

export function createHistory(limit: number): History {
  const events: ChangeEvent[] = [];
  /** The newest version that is no longer remembered. */
  let forgotten = 0;
  return {
    push: (event) => {
      events.push(event);
      // Cut in blocks, since cutting one at a time moves the whole list.
      if (events.length < limit * 2) return;
      const cut = events.splice(0, limit);
      forgotten = versionOf(cut.at(-1));
    },
    since: (version) => (version < forgotten ? undefined : events.filter((event) => versionOf(event) > version)),
  };
}

function versionOf(event: ChangeEvent | undefined): number {
  return Number(event?.object.metadata.resourceVersion ?? 0);
}
