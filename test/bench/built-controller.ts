/** The built program under measurement: its metrics, its memory and, on request, its profile. */
import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ControlPlane} from '../support/control-plane.ts';
import {startController, type ControllerProcess} from '../support/controller.ts';

export const BUNDLE = join(import.meta.dirname, '../../dist/rsg.mjs');

export interface Counters {
  readonly reconciles: number;
  /** Requests to the API server, without watches. */
  readonly requests: number;
  readonly writes: number;
  readonly depth: number;
  readonly heapMiB: number;
  readonly cpuSeconds: number;
}

/** With PROFILE_DIR set, Node writes a CPU profile there when the program ends. */
export async function startBuilt(cluster: ControlPlane, nodeFlags: readonly string[] = []): Promise<ControllerProcess> {
  if (!existsSync(BUNDLE)) throw new Error('npm run build makes the program that is measured');
  const profiles = process.env['PROFILE_DIR'];
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  return await startController(cluster, [], {program: [...profiling, ...nodeFlags, BUNDLE]});
}

export async function countersOf({httpAddress}: ControllerProcess): Promise<Counters> {
  const text = await (await fetch(`http://${httpAddress}/metrics`)).text();
  const sum = (name: string, only = ''): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(name) && /[ {]/u.test(line.charAt(name.length)) && new RegExp(only, 'u').test(line))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return {
    reconciles: sum('rsg_controller_reconciles_total'),
    requests: sum('rsg_kube_requests_total', 'verb="(?!watch)'),
    writes: sum('rsg_kube_requests_total', 'verb="(create|replace|patch|delete)"'),
    depth: sum('rsg_workqueue_depth'),
    heapMiB: sum('nodejs_heap_size_used_bytes') / 2 ** 20,
    cpuSeconds: sum('process_cpu_seconds_total'),
  };
}

/** Resident memory now and at its highest, in MiB (Linux). */
export async function memoryOf(controller: ControllerProcess): Promise<{readonly now: number; readonly highest: number}> {
  const text = await readFile(`/proc/${String(controller.pid())}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(text)?.[1] ?? Number.NaN) / 1024;
  return {now: of('VmRSS'), highest: of('VmHWM')};
}

/** Resolves once it has handled at least `reconciles` keys, none waits, and it has handled nothing new for a while. */
export async function idle(controller: ControllerProcess, reconciles: number): Promise<number> {
  let last = -1;
  let lastChange = performance.now();
  for (const from = performance.now(); performance.now() - from < 280_000;) {
    const now = await countersOf(controller);
    if (now.reconciles !== last || now.depth > 0) {
      last = now.reconciles;
      lastChange = performance.now();
    }
    if (now.reconciles >= reconciles && now.depth === 0 && performance.now() - lastChange > 1500) return lastChange;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the controller does not come to rest');
}
