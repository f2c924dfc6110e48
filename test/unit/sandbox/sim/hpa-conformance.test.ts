/** The simulated HPA controller gives the numbers and the reasons that the real one gives: the same table as in the cluster suite. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {z} from 'zod';
import type {KubeObject} from '../../../../src/api/objects.ts';
import {asObject} from '../../../../src/api/json.ts';
import {createLog} from '../../../../src/runtime/log.ts';
import {DEPLOYMENT, EVENT, HORIZONTAL_POD_AUTOSCALER, POD} from '../../../../src/sandbox/resource-types.ts';
import {createHpaController} from '../../../../src/sandbox/sim/hpa/run.ts';
import {HPA_CASES} from '../../../support/hpa-cases.ts';
import {hpaOf, sizeIn, missingCondition, pendingPod, type HpaCase, type HpaWanted} from '../../../support/hpa-cases/hpa-case.ts';
import {simulatedCluster, type SimulatedCluster} from '../../../support/simulated-cluster.ts';
import {workload} from '../../../support/workloads.ts';

const conditionsSchema = z.array(z.object({type: z.string(), status: z.string(), reason: z.string(), message: z.string()}));
const NAME = 'engine';

/** Answers as the API server would: scales from the store, metrics as the case says. */
function apiOf(cluster: SimulatedCluster, {external, perPod, reporting, object}: HpaCase): (path: string) => Promise<unknown> {
  const milli = (value: number): string => `${String(Math.round(value * 1000))}m`;
  const timestamp = new Date(cluster.clock.now()).toISOString();
  const pods = (): string[] =>
    cluster.store
      .list(POD)
      .map(({metadata}) => metadata.name)
      .sort()
      .slice(0, reporting);
  const metric = (value: number | 'fails' | undefined): Promise<unknown> => {
    if (value === 'fails' || value === undefined) return Promise.reject(new Error('no metric'));
    return Promise.resolve({items: [{describedObject: {name: 'front'}, value: milli(value)}]});
  };
  return (path) => {
    if (path.endsWith('/scale')) {
      const {spec, status} = cluster.find(DEPLOYMENT, NAME);
      const {replicas = 0} = {...asObject(status)};
      return Promise.resolve({spec: {replicas: asObject(spec)['replicas']}, status: {replicas, selector: `app=${NAME}`}});
    }
    if (path.startsWith('/apis/external')) return metric(external);
    if (path === '/apis/custom.metrics.k8s.io') return Promise.resolve({preferredVersion: {version: 'v1beta2'}});
    if (path.includes('/services/front/')) return metric(object);
    const value = milli(perPod);
    if (path.startsWith('/apis/custom'))
      return Promise.resolve({items: pods().map((name) => ({describedObject: {name}, value, timestamp}))});
    const containers = [{usage: {cpu: value}}];
    return Promise.resolve({items: pods().map((name) => ({metadata: {name}, timestamp, window: '1s', containers}))});
  };
}

function firstSize(cluster: SimulatedCluster): number {
  const at = (event: KubeObject): number => Date.parse(String(event['firstTimestamp']));
  const rescales = cluster.store.list(EVENT).filter((event) => event['reason'] === 'SuccessfulRescale');
  const [rescale] = rescales.sort((a, b) => at(a) - at(b));
  return sizeIn(String(rescale?.['message']));
}

function assertBecame(cluster: SimulatedCluster, wanted: HpaWanted): void {
  const {conditions} = asObject(cluster.find(HORIZONTAL_POD_AUTOSCALER, NAME)['status']);
  const seen = conditionsSchema.parse(conditions);
  const size = wanted.first === true ? firstSize(cluster) : asObject(cluster.find(DEPLOYMENT, NAME)['spec'])['replicas'];
  assert.equal(size, wanted.replicas);
  const missing = missingCondition(wanted.conditions, seen);
  assert.equal(missing, undefined, `${String(missing)} is not among ${JSON.stringify(seen)}`);
}

describe('HPA arithmetic of the simulated controller', () => {
  for (const one of HPA_CASES) {
    test(one.name, async () => {
      const cluster = simulatedCluster();
      const {then, pending = 0, replicas, rival = false} = one;
      cluster.apply(workload({name: NAME, replicas}), hpaOf(one, NAME));
      cluster.apply(...Array.from({length: pending}, (_, at) => pendingPod(NAME, at)));
      if (rival) cluster.apply(hpaOf(one, NAME, 'rival'));
      await cluster.advance(2000);
      // Long enough after their start for CPU to count.
      await cluster.clock.advance(120_000);
      let get = apiOf(cluster, one);
      const {store, clock, random} = cluster;
      const deps = {store, clock, random, log: createLog('error'), get: (path: string) => get(path)};
      const controller = createHpaController({syncMs: 1000, downscaleStabilizationMs: 300_000}, deps);
      const rounds = async (): Promise<void> => {
        for (let round = 0; round < 4; round += 1) {
          for (const hpa of store.list(HORIZONTAL_POD_AUTOSCALER)) await controller.sync(hpa);
          await cluster.advance(2000);
        }
      };
      await rounds();
      assertBecame(cluster, one.wanted);
      if (then !== undefined) {
        const changed = {...one, ...then};
        get = apiOf(cluster, changed);
        cluster.edit(HORIZONTAL_POD_AUTOSCALER, NAME, (hpa) => ({...hpa, ...hpaOf(changed, NAME), metadata: hpa.metadata}));
        await rounds();
        assertBecame(cluster, then.wanted);
      }
      await cluster.stop();
    });
  }
});
