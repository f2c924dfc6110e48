/**
 * Two controllers, of which one leads: it is killed, or stands still until its lease has run out and wakes up when the other leads, under
 * scaling that never ends. The two are different users, so that the audit log tells their writes apart.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {messageOf} from '../../../src/runtime/errors.ts';
import type {AuditedRequest, ControlPlane} from '../control-plane.ts';
import {startController, type ControllerProcess} from '../controller.ts';
import {eventually} from '../wait.ts';
import {createDice} from './chance.ts';
import {assertSettled} from './checks.ts';
import {MAX_GROUPS} from './moves.ts';
import {createWorld, rsgRef, SHAPES, type World} from './world.ts';

export interface LeadersOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly told: (line: string) => void;
}

export interface LeadersReport {
  readonly kills: number;
  readonly pauses: number;
  readonly handOvers: number;
  /** Of both, by user. */
  readonly writes: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/rsg-controller';
const PATIENT = {timeoutMs: 90_000, intervalMs: 200};

export async function runLeaders(cluster: ControlPlane, {rounds, seed, told}: LeadersOptions): Promise<LeadersReport> {
  const dice = createDice(seed);
  const world = await createWorld(cluster, SHAPES.slice(0, 3));
  const controllers = [
    await startController(cluster, ['--leader-elect=true']),
    await startController(cluster, ['--leader-elect=true', '--kubeconfig', cluster.tokenKubeconfig]),
  ] as const;
  const holder = async (): Promise<string> => /"holderIdentity":"([^"]*)"/u.exec((await cluster.get(LEASE)).body)?.[1] ?? '';
  const counts = {kills: 0, pauses: 0};
  const wrong: string[] = [];
  const over = new AbortController();
  const scaling = keepScaling(world, {end: over.signal, next: () => dice.between(1, MAX_GROUPS), pauseMs: () => dice.between(100, 800)});
  try {
    for (let round = 0; round < rounds; round += 1) {
      await sleep(dice.between(1000, 4000));
      const before = await holder();
      const leader = leaderOf(controllers, await cluster.auditWrites());
      const killed = dice.between(0, 1) === 0;
      if (killed) await leader.kill();
      else leader.pause();
      counts[killed ? 'kills' : 'pauses'] += 1;
      await eventually('another leads', async () => ![before, ''].includes(await holder()), PATIENT);
      if (!killed) {
        leader.resume();
        await leader.exited();
      }
      await leader.start();
      told(`round ${String(round + 1)}: ${killed ? 'killed' : 'paused past its lease'}, the other leads`);
    }
    over.abort();
    await scaling;
    await Promise.all(
      world.shapes.map((shape) => eventually(`${shape.namespace} is settled`, () => assertSettled(world, shape).then(() => true), PATIENT)),
    );
  } catch (error) {
    wrong.push(messageOf(error));
  }
  over.abort();
  await scaling;
  world.client.close();
  for (const controller of controllers) await controller.stop();
  const {handOvers, writes, late} = checkLeadership(await cluster.auditWrites());
  return {...counts, handOvers, writes, wrong: [...wrong, ...late]};
}

function leaderOf(controllers: readonly [ControllerProcess, ControllerProcess], log: readonly AuditedRequest[]): ControllerProcess {
  const last = log.findLast((write) => isOurs(write) && write.resource === 'leases' && write.code < 300);
  return controllers[last?.user === 'token-admin' ? 1 : 0];
}

const isOurs = ({userAgent}: AuditedRequest): boolean => userAgent.startsWith('rsg-controller');

interface Scaling {
  readonly end: AbortSignal;
  readonly next: () => number;
  readonly pauseMs: () => number;
}

async function keepScaling({client, shapes}: World, {end, next, pauseMs}: Scaling): Promise<void> {
  while (!end.aborted) {
    for (const shape of shapes) await client.patch(rsgRef(shape), {spec: {replicas: next()}}, {subresource: 'scale'});
    await sleep(pauseMs());
  }
}

/** A request that ended before it was whole, of which nothing is carried out: the API server cannot read it, and says that it failed itself. */
function brokeOff({code}: Pick<AuditedRequest, 'code'>): boolean {
  return code === 500;
}

/**
 * Who writes the lease leads, until the other does. A write of anybody else is one too many, unless it was on its way before, or in part,
 * and came to nothing: a process that stands still may hold back the rest of a request, which the server then gives up.
 */
export function checkLeadership(log: readonly AuditedRequest[]): {handOvers: number; writes: Record<string, number>; late: string[]} {
  const writes: Record<string, number> = {};
  const late: string[] = [];
  let leader: Pick<AuditedRequest, 'user' | 'at'> = {user: '', at: ''};
  let handOvers = -1;
  for (const write of log.filter(isOurs)) {
    const {user, resource, code} = write;
    if (resource === 'leases') {
      if (code < 300 && user !== leader.user) {
        handOvers += 1;
        leader = write;
      }
      continue;
    }
    writes[user] = (writes[user] ?? 0) + 1;
    if (user !== leader.user && (code < 300 || (write.receivedAt > leader.at && !brokeOff(write))))
      late.push(`${user} wrote while ${leader.user} led: ${sentence(write)}`);
  }
  return {handOvers, writes, late};
}

function sentence({verb, resource, namespace, name, receivedAt, at, code}: AuditedRequest): string {
  return `${verb} ${resource} ${namespace}/${name}, received ${receivedAt}, answered ${at} with ${String(code)}`;
}
