/** Ages as kubectl shows them: two units at most, the smaller one only while it matters. Pure. */
import type {KubeObject} from '../../api/objects.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const YEAR = 365 * DAY;

export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE) return `${String(seconds)}s`;
  if (seconds < 10 * MINUTE) return pair(seconds, [MINUTE, 'm'], [1, 's']);
  if (seconds < 3 * HOUR) return `${String(Math.floor(seconds / MINUTE))}m`;
  if (seconds < 8 * HOUR) return pair(seconds, [HOUR, 'h'], [MINUTE, 'm']);
  if (seconds < 2 * DAY) return `${String(Math.floor(seconds / HOUR))}h`;
  if (seconds < 8 * DAY) return pair(seconds, [DAY, 'd'], [HOUR, 'h']);
  if (seconds < 2 * YEAR) return `${String(Math.floor(seconds / DAY))}d`;
  if (seconds < 8 * YEAR) return pair(seconds, [YEAR, 'y'], [DAY, 'd']);
  return `${String(Math.floor(seconds / YEAR))}y`;
}

function pair(seconds: number, [large, largeUnit]: [number, string], [small, smallUnit]: [number, string]): string {
  const rest = Math.floor((seconds % large) / small);
  const head = `${String(Math.floor(seconds / large))}${largeUnit}`;
  return rest === 0 ? head : `${head}${String(rest)}${smallUnit}`;
}

/** How long ago a timestamp was. */
export function since(timestamp: unknown, now: number): string {
  if (typeof timestamp !== 'string' || timestamp === '') return '<unknown>';
  return humanDuration(now - Date.parse(timestamp));
}

export function ageOf(object: KubeObject, now: number): string {
  return since(object.metadata.creationTimestamp, now);
}
