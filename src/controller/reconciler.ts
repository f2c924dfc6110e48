/** One RSG at a time: look, decide, act, until nothing is left to do; then write the status, once, and only when it differs. */
import type {KubeObject} from '../api/objects.ts';
import {canonical, sameJson} from '../api/canonical.ts';
import {parseRsg, type Rsg} from '../api/schema.ts';
import type {EventRecorder} from '../kube/events.ts';
import {isKubeError} from '../kube/errors.ts';
import type {Clock} from '../runtime/clock.ts';
import {act, storedOf, writeStatus} from './act.ts';
import type {ActDeps} from './act-deps.ts';
import {decide} from './decide.ts';
import type {InFlight} from './in-flight.ts';
import type {Decision, Notice} from './model.ts';
import {takeSnapshot, type SnapshotDeps} from './snapshot.ts';
import {withHistory} from './untold.ts';

export interface ReconcilerDeps extends ActDeps, Omit<SnapshotDeps, 'refusals' | 'memory' | 'watches' | 'inFlight'> {
  readonly events: EventRecorder;
  readonly inFlight: InFlight | undefined;
  readonly clock: Clock;
}

/** Each round brings the cluster closer; more than this many means that something undoes it, which waits for the next turn. */
const MAX_ROUNDS = 12;

/** Resolves with when to look again, in milliseconds, if time alone will change something. Rejects when it should be tried again. */
export async function reconcile(key: string, deps: ReconcilerDeps): Promise<number | undefined> {
  const [namespace, name = ''] = key.split('/');
  const notices = new Map<string, Notice>();
  let history: Rsg['status']['history'];
  let decision: Decision | undefined;
  let rsg: Rsg | undefined;
  let cloneUids: ReadonlySet<string> = new Set();
  let unfinished = false;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const raw = deps.rsgs.get(namespace, name);
    if (rsg !== undefined && raw?.metadata.uid !== rsg.metadata.uid) {
      // It went while it was being looked at, and what was done last may have been noted after that. Its name is looked at afresh.
      forgetRsg(rsg.metadata.uid, deps);
      return 0;
    }
    if (raw === undefined) {
      deps.watches.forget(key);
      return undefined;
    }
    const parsed = parseRsg(raw);
    if ('problem' in parsed) {
      await reportUnreadable(raw, parsed.problem, deps);
      return undefined;
    }
    const known = withHistory(parsed.rsg, history);
    rsg = known.rsg;
    const snapshot = {...(await takeSnapshot(rsg, deps)), ...known};
    cloneUids = new Set(snapshot.clones.map(({object}) => object.metadata.uid ?? ''));
    decision = decide(snapshot, deps.clock.now());
    for (const notice of decision.notices) notices.set(canonical(notice), notice);
    unfinished = decision.actions.length > 0;
    if (!unfinished) break;
    // What was scaled is remembered through the rounds: only the last status is written.
    history = decision.status.history;
    await act(rsg, decision.actions, deps);
    deps.signal.throwIfAborted();
  }
  if (rsg === undefined || decision === undefined) return undefined;
  const served = (decision.status.groups ?? []).filter(({phase}) => phase === 'Available').map(({id}) => id);
  deps.refusals.served(rsg.metadata.uid, served);
  deps.inFlight?.ask(rsg, decision.probes);
  deps.memory.keep(rsg.metadata.uid, cloneUids);
  await finish(rsg, decision, [...notices.values()], deps);
  return unfinished ? 0 : decision.requeueAfterMs;
}

/** Nothing of an RSG that is gone stays in memory. */
export function forgetRsg(uid: string, {refusals, memory}: Pick<ReconcilerDeps, 'refusals' | 'memory'>): void {
  refusals.forget(uid);
  memory.keep(uid, new Set());
}

async function finish(rsg: Rsg, decision: Decision, notices: readonly Notice[], deps: ReconcilerDeps): Promise<void> {
  const raw = storedOf(rsg, deps.rsgs);
  if (raw === undefined) return;
  if (!sameJson(raw['status'] ?? {}, decision.status)) {
    try {
      await writeStatus(rsg, decision.status, deps);
    } catch (error) {
      // The RSG may have gone with its finalizer.
      if (!isKubeError(error, 'NotFound')) throw error;
    }
  }
  for (const notice of notices) await deps.events.event(raw, notice);
}

async function reportUnreadable(raw: KubeObject, problem: string, {events}: ReconcilerDeps): Promise<void> {
  const message = `the object does not fit this version's schema (apply the CRD that rsg crd prints): ${problem}`;
  await events.event(raw, {type: 'Warning', reason: 'Unreadable', message});
}
