/** What the real API server fills into Deployments, StatefulSets, ReplicaSets and HorizontalPodAutoscalers. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {change, changeEach, fill} from './fill.ts';
import {podSpecDefaults} from './pod-defaults.ts';

const withTemplate = (spec: Json): Json => change(spec, 'template', (template) => change(template, 'spec', podSpecDefaults));

export function deploymentDefaults(object: KubeObject): KubeObject {
  const spec = fill(object['spec'], {replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {}});
  const strategy = fill(spec['strategy'], {type: 'RollingUpdate'});
  const rolling = {rollingUpdate: fill(strategy['rollingUpdate'], {maxUnavailable: '25%', maxSurge: '25%'})};
  return {...object, spec: withTemplate({...spec, strategy: strategy['type'] === 'RollingUpdate' ? {...strategy, ...rolling} : strategy})};
}

export function statefulSetDefaults(object: KubeObject): KubeObject {
  const spec = fill(object['spec'], {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    serviceName: '',
    updateStrategy: {},
    persistentVolumeClaimRetentionPolicy: {},
  });
  const update = fill(spec['updateStrategy'], {type: 'RollingUpdate'});
  const rolling = {rollingUpdate: fill(update['rollingUpdate'], {partition: 0, maxUnavailable: 1})};
  const filled = {
    ...spec,
    updateStrategy: update['type'] === 'RollingUpdate' ? {...update, ...rolling} : update,
    persistentVolumeClaimRetentionPolicy: fill(spec['persistentVolumeClaimRetentionPolicy'], {whenDeleted: 'Retain', whenScaled: 'Retain'}),
  };
  return {...object, spec: withTemplate(changeEach(filled, 'volumeClaimTemplates', claimTemplateDefaults))};
}

function claimTemplateDefaults(template: Json): Json {
  const filled = fill(template, {apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: {phase: 'Pending'}});
  const status = fill(filled['status'], {phase: 'Pending'});
  return {...change(filled, 'spec', (spec) => fill(spec, {volumeMode: 'Filesystem'})), status};
}

export function replicaSetDefaults(object: KubeObject): KubeObject {
  return {...object, spec: withTemplate(fill(object['spec'], {replicas: 1}))};
}

export function claimDefaults(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const spec = fill(object['spec'], {volumeMode: 'Filesystem'});
  return before === undefined ? {...object, spec, status: {phase: 'Pending'}} : {...object, spec};
}

const PERCENT_100 = {type: 'Percent', value: 100, periodSeconds: 15};
const SCALE_UP = {stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{type: 'Pods', value: 4, periodSeconds: 15}, PERCENT_100]};
const SCALE_DOWN = {selectPolicy: 'Max', policies: [PERCENT_100]};
const CPU_80 = {type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 80}}};

export function autoscalerDefaults(object: KubeObject): KubeObject {
  const spec = fill(object['spec'], {minReplicas: 1, metrics: [CPU_80]});
  return {
    ...object,
    spec: change(spec, 'behavior', (behavior) => ({
      ...behavior,
      scaleUp: fill(asObject(behavior['scaleUp']), SCALE_UP),
      scaleDown: fill(asObject(behavior['scaleDown']), SCALE_DOWN),
    })),
  };
}
