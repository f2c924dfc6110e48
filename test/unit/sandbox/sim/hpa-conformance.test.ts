/** The simulated HPA controller gives the numbers and the reasons that the real one gives: the same table as in the cluster suite. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {z} from 'zod';
import {asObject} from '../../../../src/api/json.ts';
import {createLog} from '../../../../src/runtime/log.ts';
import {DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, POD} from '../../../../src/sandbox/resource-types.ts';
import {createHpaController} from '../../../../src/sandbox/sim/hpa/run.ts';
import {HPA_CASES, hpaOf, type HpaCase} from '../../../support/hpa-cases.ts';
import {simulatedCluster, type SimulatedCluster} from '../../../support/simulated-cluster.ts';
import {workload} from '../../../support/workloads.ts';

const conditionsSchema = z.array(z.object({type: z.string(), status: z.string(), reason: z.string()}));
const NAME = 'engine';

/** Answers as the API server would: scales from the store, metrics as the case says. */
function apiOf(cluster: SimulatedCluster, one: HpaCase): (path: string) => Promise<unknown> {
  const milli = (value: number): string => `${String(Math.round(value * 1000))}m`;
  const timestamp = new Date(cluster.clock.now()).toISOString();
  const pods = (): string[] => cluster.store.list(POD).map(({metadata}) => metadata.name);
  return (path) => {
    if (path.endsWith('/scale')) {
      const {spec, status} = cluster.find(DEPLOYMENT, NAME);
      const {replicas = 0} = {...asObject(status)};
      return Promise.resolve({spec: {replicas: asObject(spec)['replicas']}, status: {replicas, selector: `app=${NAME}`}});
    }
    if (path.startsWith('/apis/external')) {
      if (one.external === 'fails') return Promise.reject(new Error('no metric'));
      return Promise.resolve({items: [{value: milli(one.external)}]});
    }
    if (path === '/apis/custom.metrics.k8s.io') return Promise.resolve({preferredVersion: {version: 'v1beta2'}});
    const value = milli(one.perPod);
    if (path.startsWith('/apis/custom'))
      return Promise.resolve({items: pods().map((name) => ({describedObject: {name}, value, timestamp}))});
    const containers = [{usage: {cpu: value}}];
    return Promise.resolve({items: pods().map((name) => ({metadata: {name}, timestamp, window: '1s', containers}))});
  };
}

describe('HPA arithmetic of the simulated controller', () => {
  for (const one of HPA_CASES) {
    test(one.name, async () => {
      const cluster = simulatedCluster();
      cluster.apply(workload({name: NAME, replicas: one.replicas}), hpaOf(one, NAME));
      await cluster.advance(2000);
      // Long enough after their start for CPU to count.
      await cluster.clock.advance(120_000);
      const deps = {store: cluster.store, clock: cluster.clock, random: cluster.random, log: createLog('error'), get: apiOf(cluster, one)};
      const controller = createHpaController({syncMs: 1000, downscaleStabilizationMs: 300_000}, deps);
      for (let round = 0; round < 4; round += 1) {
        await controller.sync(cluster.find(HORIZONTAL_POD_AUTOSCALER, NAME));
        await cluster.advance(2000);
      }
      const {conditions} = asObject(cluster.find(HORIZONTAL_POD_AUTOSCALER, NAME)['status']);
      const seen = conditionsSchema.parse(conditions).map(({type, status, reason}) => `${type}=${status}/${reason}`);
      assert.equal(asObject(cluster.find(DEPLOYMENT, NAME)['spec'])['replicas'], one.wanted.replicas);
      for (const condition of one.wanted.conditions) assert.ok(seen.includes(condition), `${condition} is not among ${seen.join(', ')}`);
      await cluster.stop();
    });
  }
});
