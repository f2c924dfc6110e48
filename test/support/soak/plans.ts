/**
 * `kubectl rsg plan` against what the controller then does on a real control plane, in random cases: the plan is asked, the number is
 * given, and the groups that were made and removed are compared with what was told.
 */
import {z} from 'zod';
import {rsg} from '../cli.ts';
import type {ControlPlane} from '../control-plane.ts';
import {eventually} from '../wait.ts';
import {getRsg, pair, rsgOf, settledGroups} from '../workloads.ts';
import {createDice, type Dice} from './chance.ts';

const planSchema = z.object({created: z.array(z.string()), removed: z.array(z.string()), to: z.number()});
const NAME = 'llama';
const SETTLE = {timeoutMs: 90_000};

export interface PlanRun {
  readonly cases: number;
  readonly seed: number;
  readonly told: (line: string) => void;
}

export interface PlanReport {
  readonly cases: number;
  /** Groups made and removed, and cases in which the number was not reached, all as told. */
  readonly made: number;
  readonly removed: number;
  readonly held: number;
  /** Empty is good. */
  readonly wrong: readonly string[];
}

/** Needs the CRD and a running controller. Ends at the first case that is not as it was told. */
export async function runPlans(cluster: ControlPlane, {cases, seed, told}: PlanRun): Promise<PlanReport> {
  const dice = createDice(seed);
  const counts = {cases: 0, made: 0, removed: 0, held: 0};
  await cluster.apply([...pair([1, 2]), rsgOf(NAME)]);
  await settledGroups(cluster, NAME, 1);
  for (; counts.cases < cases; counts.cases += 1) {
    const {wanted, spec} = oneCase(dice);
    await patch(cluster, spec);
    await quiet(cluster);
    const before = await groupsOf(cluster);
    const {out} = await rsg(['plan', NAME, '--replicas', String(wanted), '-o', 'json', '--kubeconfig', cluster.kubeconfig]);
    const plan = planSchema.parse(JSON.parse(out));
    await patch(cluster, {replicas: wanted});
    await quiet(cluster);
    const after = await groupsOf(cluster);
    const happened = {
      created: after.filter((id) => !before.includes(id)),
      removed: before.filter((id) => !after.includes(id)),
      to: after.length,
    };
    if (!same(plan, happened))
      return {...counts, wrong: [`case ${String(counts.cases + 1)}: ${JSON.stringify({before, wanted, spec, plan, happened})}`]};
    counts.made += plan.created.length;
    counts.removed += plan.removed.length;
    counts.held += plan.to === wanted ? 0 : 1;
    if (counts.cases % 20 === 19) told(`${String(counts.cases + 1)} cases as told`);
  }
  return {...counts, wrong: []};
}

/** Nothing that takes minutes to come true. */
function oneCase(dice: Dice): {wanted: number; spec: object} {
  const list = Array.from({length: dice.between(0, 3)}, () => `group${String(dice.between(0, 12))}`);
  const scaleIn = {
    whenListEnds: dice.oneOf(['NotReadyFirst', 'Newest', 'Oldest', 'Hold'] as const),
    originPolicy: dice.oneOf(['Park', 'Keep'] as const),
    minAvailableGroups: dice.oneOf([0, 0, 1, 2] as const),
  };
  return {wanted: dice.between(0, 5), spec: {scaleIn, scalingGroupTask: {sortedGroupList: list}}};
}

const patch = (cluster: ControlPlane, spec: object): Promise<string> =>
  cluster.kubectlOk('patch', 'rsg', NAME, '--type=merge', '-p', JSON.stringify({spec}));

/** IDs of groups that count. */
async function groupsOf(cluster: ControlPlane): Promise<string[]> {
  const {status} = await getRsg(cluster, NAME);
  return (status.groups ?? []).filter(({phase}) => phase === 'Available').map(({id}) => id);
}

/** Resolves once the controller has seen the last change and nothing is under way. */
function quiet(cluster: ControlPlane): Promise<unknown> {
  return eventually(
    'quiet',
    async () => {
      const {metadata, status} = await getRsg(cluster, NAME);
      const busy = (status.groups ?? []).some(({phase}) => phase !== 'Available' && phase !== 'Parked');
      const counts = status.availableReplicas === status.replicas && status.terminatingReplicas === 0;
      return status.observedGeneration === metadata.generation && !busy && counts && status.pendingGroups === undefined;
    },
    SETTLE,
  );
}

type Plan = z.output<typeof planSchema>;

function same(plan: Plan, happened: Plan): boolean {
  const text = ({created, removed, to}: Plan): string => JSON.stringify([[...created].sort(), [...removed].sort(), to]);
  return text(plan) === text(happened);
}
