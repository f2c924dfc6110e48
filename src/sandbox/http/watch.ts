/**
 * Watches: the changes after a resourceVersion, as one JSON line each, until the timeout, the client's end or the server's. An object that
 * comes to match the selectors is ADDED, one that ceases to is DELETED. A client that reads too slowly is cut off: it lists again.
 */
import type {ServerResponse} from 'node:http';
import type {KubeObject} from '../../api/objects.ts';
import {apiVersionOf} from '../../api/objects.ts';
import type {Clock} from '../../runtime/clock.ts';
import type {Random} from '../../runtime/random.ts';
import {ApiError} from '../api-error.ts';
import type {ChangeEvent} from '../object-store.ts';
import type {MemoryStore} from '../storage/memory-store.ts';
import {negotiate} from './accept.ts';
import type {Call} from './call.ts';
import {assertReached, filterOf, forbiddenOption, integerOf, type Filter, type Scope} from './list.ts';
import {includeObjectOf, partialMetadata, table} from './render.ts';

const MIN_TIMEOUT_SECONDS = 1800;
const BOOKMARK_MS = 60_000;
/** The last bookmark comes this long before the end. */
const LAST_BOOKMARK_MS = 2000;
const MAX_BUFFERED = 8 * 1024 * 1024;

interface Deps {
  readonly store: MemoryStore;
  readonly clock: Clock;
  readonly random: Random;
}

interface Line {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

export async function serveWatch(scope: Scope, call: Call, {store, clock, random}: Deps): Promise<void> {
  const {query, response} = call;
  const filter = filterOf(scope, query);
  const initial = assertInitialEvents(query);
  const from = query.get('resourceVersion') ?? '';
  assertReached(from, store);
  const seconds = integerOf(query, 'timeoutSeconds') ?? Math.floor(MIN_TIMEOUT_SECONDS * (1 + random()));
  const write = writerOf(scope, call, clock);
  const bookmarks = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
  response.writeHead(200, {'content-type': 'application/json', 'cache-control': 'no-cache, private'});
  response.flushHeaders();

  const isFromNow = from === '' || from === '0' || initial;
  if (isFromNow) for (const object of store.list(scope.kind.type, scope.namespace)) if (filter(object)) write({type: 'ADDED', object});
  if (initial) write(bookmark(scope, store.resourceVersion(), true));
  const missed = isFromNow ? [] : store.since(Number(from));
  if (missed === undefined) {
    const gone = new ApiError('Expired', `too old resource version: ${from} (${store.resourceVersion()})`);
    response.end(`${JSON.stringify({type: 'ERROR', object: gone.toStatus()})}\n`);
    return;
  }
  const send = (event: ChangeEvent): void => {
    if (event.resource.plural !== scope.kind.type.plural || event.resource.group !== scope.kind.type.group) return;
    const line = lineOf(event, filter);
    if (line !== undefined) write(line);
  };
  missed.forEach(send);
  const stop = store.onChange(send);
  try {
    await runUntil({ms: seconds * 1000, signal: call.signal, clock}, () => {
      if (bookmarks) write(bookmark(scope, store.resourceVersion(), false));
    });
  } finally {
    stop();
    if (!response.destroyed) response.end();
  }
}

/** True when the client wants the present state as events first, and a bookmark behind them. */
function assertInitialEvents(query: URLSearchParams): boolean {
  const wanted = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch');
  if (wanted === null) {
    if (match !== null)
      throw forbiddenOption('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    return false;
  }
  if (match !== 'NotOlderThan') {
    throw forbiddenOption('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  return wanted === 'true' || wanted === '1';
}

async function runUntil({ms, signal, clock}: {ms: number; signal: AbortSignal; clock: Clock}, onBookmark: () => void): Promise<void> {
  const end = clock.now() + ms;
  const isRunning = (): boolean => !signal.aborted && clock.now() < end;
  while (isRunning()) {
    const left = end - clock.now();
    const pause = left > BOOKMARK_MS ? BOOKMARK_MS : Math.max(left - LAST_BOOKMARK_MS, Math.min(left, LAST_BOOKMARK_MS));
    await clock.sleep(pause, signal);
    if (isRunning()) onBookmark();
  }
}

function lineOf(event: ChangeEvent, filter: Filter): Line | undefined {
  const {type, object, before} = event;
  const matches = filter(object);
  if (type !== 'MODIFIED') return matches ? {type, object} : undefined;
  const matched = before !== undefined && filter(before);
  if (matches) return {type: matched ? 'MODIFIED' : 'ADDED', object};
  return matched ? {type: 'DELETED', object} : undefined;
}

function bookmark({kind}: Scope, resourceVersion: string, endsInitial: boolean): Line {
  const annotations = endsInitial ? {annotations: {'k8s.io/initial-events-end': 'true'}} : {};
  return {
    type: 'BOOKMARK',
    object: {apiVersion: apiVersionOf(kind.type), kind: kind.type.kind, metadata: {name: '', resourceVersion, ...annotations}},
  };
}

function writerOf({kind}: Scope, call: Call, clock: Clock): (line: Line) => void {
  const form = negotiate(call.headers.accept);
  const includeObject = includeObjectOf(call.query);
  let first = true;
  const shape = ({type, object}: Line): object => {
    if (form === 'metadata' || form === 'metadata-list') return partialMetadata(object);
    if (form !== 'table') return object;
    const {resourceVersion = ''} = object.metadata;
    const rows = type === 'BOOKMARK' ? [] : [object];
    const result = table(kind, rows, {now: clock.now(), includeObject, metadata: {resourceVersion}, withColumns: first});
    first = false;
    return result;
  };
  return (line) => {
    sendLine(call.response, {type: line.type, object: shape(line)});
  };
}

function sendLine(response: ServerResponse, line: object): void {
  if (response.destroyed) return;
  response.write(`${JSON.stringify(line)}\n`);
  if (response.writableLength > MAX_BUFFERED) response.destroy();
}
