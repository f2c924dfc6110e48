/** ResourceScalingGroups that the schema takes and nobody would write, by chance: names at their limits, targets that overlap or make no sense. */
import type {KubeObject} from '../../../src/api/objects.ts';
import type {Dice} from './chance.ts';

/** What a namespace has, of each kind. */
export const POOL = {
  deployments: ['prefill', 'decode', 'router', 'a', `${'long-'.repeat(9)}deployment`, `${'longer-'.repeat(34)}name`],
  statefulSets: ['prefill', 'decode', 'worker', `${'long-'.repeat(9)}set`],
  companions: ['prefill', 'settings', 'decode'],
} as const;

const LABEL_63 = `${'r'.repeat(31)}-${'s'.repeat(31)}`;

export function hostileRsg(
  dice: Dice,
  {name, namespace, namespaces}: {name: string; namespace: string; namespaces: readonly string[]},
): KubeObject {
  return {
    apiVersion: 'resourcescalinggroup.com/v1',
    kind: 'ResourceScalingGroup',
    metadata: {name, namespace},
    spec: {
      replicas: dice.oneOf([0, 1, 1, 2, 2, 3, 5, 100_000]),
      group: {
        groupID: dice.oneOf(['group0', '0', 'a-0', '9', 'g'.repeat(30), 'group00', 'group1']),
        targetResources: targets(dice, namespaces),
      },
      scalingGroupTask: {sortedGroupList: list(dice)},
      scaleIn: {
        whenListEnds: dice.oneOf(['NotReadyFirst', 'Newest', 'Oldest', 'LeastLoaded', 'Hold']),
        originPolicy: dice.oneOf(['Park', 'Park', 'Keep']),
        drain: {timeoutSeconds: dice.oneOf([0, 0, 1, 5]), settleSeconds: dice.oneOf([0, 604_800])},
        keepVolumes: dice.oneOf([true, false]),
        minAvailableGroups: dice.oneOf([0, 0, 1, 100_000]),
        cooldownSeconds: dice.oneOf([0, 0, 604_800]),
      },
      scaleOut: {readyTimeoutSeconds: dice.oneOf([0, 1])},
      allowMemberAutoscaler: dice.oneOf([true, false]),
      deletionPolicy: dice.oneOf(['Delete', 'Orphan']),
      restoreTimeoutSeconds: dice.oneOf([0, 1]),
      sync: {
        mode: dice.oneOf(['Auto', 'Auto', 'Paused']),
        rollout: dice.oneOf(['Rolling', 'Parallel']),
        maxUnavailableGroups: dice.oneOf([1, 100_000]),
        ignore: dice.shuffled(POINTERS).slice(0, dice.between(0, POINTERS.length)),
      },
      companions: dice.shuffled(COMPANIONS).slice(0, dice.oneOf([0, 0, 1, COMPANIONS.length])),
      scale: dice.oneOf([{}, {representativeRole: 'nobody'}, {representativeRole: LABEL_63}]),
      ...dice.oneOf([{}, {}, {metrics: {engine: 'vllm'}}, {metrics: {engine: 'custom', names: {queue: 'q'}, port: 1}}]),
      paused: dice.between(0, 9) === 0,
    },
  };
}

const POINTERS = [
  '/',
  '/spec',
  '/metadata',
  '/spec/replicas',
  '/spec/selector',
  '/spec/template/spec/containers/0/image',
  `/${'~1'.repeat(200)}`,
];
const COMPANIONS = ['Service', 'ConfigMap'].flatMap((kind) => [...POOL.companions, 'missing'].map((name) => ({kind, name})));

function targets(dice: Dice, namespaces: readonly string[]): object[] {
  const known = [
    ...POOL.deployments.map((name) => ({name, kind: dice.oneOf(['deployment', 'Deployments', 'DEPLOYMENT']), version: 'apps/v1'})),
    ...POOL.statefulSets.map((name) => ({name, kind: 'statefulset', version: 'apps/v1'})),
  ];
  const senseless = [
    {name: 'missing', kind: 'deployment', version: 'apps/v1'},
    {name: 'prefill-group1', kind: 'deployment', version: 'apps/v1'},
    {name: 'prefill', kind: 'replicaset', version: 'apps/v1'},
    {name: 'prefill', kind: 'pod', version: 'v1'},
    {name: 'settings', kind: 'secret', version: 'v1'},
    {name: 'cluster-admin', kind: 'clusterrole', version: 'rbac.authorization.k8s.io/v1'},
    {name: 'another', kind: 'resourcescalinggroup', version: 'resourcescalinggroup.com/v1'},
    {name: 'prefill', kind: 'deployment', version: 'nowhere.example.com/v1alpha1'},
    {name: 'prefill', kind: 'deployment', version: 'apps/v1', namespace: dice.oneOf(namespaces)},
    {name: 'coredns', kind: 'deployment', version: 'apps/v1', namespace: 'kube-system'},
  ];
  const all = dice.between(0, 2) === 0 ? [...known, ...senseless] : known;
  const chosen = dice.shuffled(all).slice(0, dice.oneOf([1, 1, 2, 2, 3, 16]));
  return chosen.map((one) => ({...one, ...dice.oneOf([{}, {}, {role: LABEL_63}, {role: 'prefill'}])}));
}

function list(dice: Dice): string[] {
  const length = dice.oneOf([0, 0, 3, 1000]);
  return Array.from({length}, () =>
    dice.oneOf([`group${String(dice.between(0, 9))}`, 'group0', '0', `x${String(dice.between(0, 9999))}`, 'y'.repeat(40)]),
  );
}
