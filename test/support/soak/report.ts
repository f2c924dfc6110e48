/** A soak in words and figures. */
import type {SoakReport} from './soak.ts';

export function soakReportText({kills, restarts, moves, settledMs, scaleIns, audit}: SoakReport): string {
  const sorted = settledMs.toSorted((a, b) => a - b);
  const counted = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(', ');
  return [
    `kill -9: ${String(kills)}; restarts of the API server: ${String(restarts['kube-apiserver'])}, of etcd: ${String(restarts.etcd)}`,
    `moves: ${counted(moves)}`,
    `groups made: ${String(audit.groupsMade)}, removed: ${String(audit.groupsRemoved)}; scale-ins by a list, each as listed: ${String(scaleIns)}`,
    `writes of the controller: ${counted(audit.writes)}`,
    `settled ${String(sorted.length)} times, median ${String(sorted[Math.floor(sorted.length / 2)])} ms, longest ${String(sorted.at(-1))} ms`,
  ].join('\n');
}
