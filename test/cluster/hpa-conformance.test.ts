/** The arithmetic of the real HPA controller, by the table that the simulated one is held to. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {z} from 'zod';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {HPA_CASES, hpaOf} from '../support/hpa-cases.ts';
import {serveMetricsApis, type MetricsApis} from '../support/metrics-apis.ts';
import {eventually} from '../support/wait.ts';
import {workload} from '../support/workloads.ts';

const hpaSchema = z.object({
  status: z.object({conditions: z.array(z.object({type: z.string(), status: z.string(), reason: z.string()})).default([])}).prefault({}),
});

describe('HPA arithmetic of the real controller', {skip: controlPlaneSkip()}, () => {
  let cluster: ControlPlane;
  let metrics: MetricsApis;
  before(async () => {
    cluster = await startControlPlane({hpaSync: '1s'});
    metrics = await serveMetricsApis(cluster);
  });
  after(async () => {
    await metrics.close();
    await cluster.stop();
  });

  for (const [at, one] of HPA_CASES.entries()) {
    test(one.name, async () => {
      const name = `case${String(at)}`;
      metrics.external = () => (one.external === 'fails' ? Promise.reject(new Error('no metric')) : Promise.resolve(one.external));
      metrics.perPod = () => Promise.resolve(one.perPod);
      await cluster.apply(workload({name, replicas: one.replicas}));
      await eventually('its pods are ready', async () => {
        const ready = await cluster.kubectlOk('get', 'deployment', name, '-o', 'jsonpath={.status.readyReplicas}');
        return Number(ready === '' ? 0 : ready) === one.replicas;
      });
      await cluster.apply(hpaOf(one, name));
      let seen: string[] = [];
      let replicas = -1;
      const settled = async (): Promise<boolean> => {
        const {status} = hpaSchema.parse(JSON.parse(await cluster.kubectlOk('get', 'hpa', name, '-o', 'json')));
        seen = status.conditions.map(({type, status: is, reason}) => `${type}=${is}/${reason}`);
        replicas = Number(await cluster.kubectlOk('get', 'deployment', name, '-o', 'jsonpath={.spec.replicas}'));
        return replicas === one.wanted.replicas && one.wanted.conditions.every((condition) => seen.includes(condition));
      };
      try {
        await eventually('as wanted', settled, {timeoutMs: 15_000});
      } catch {
        assert.deepEqual({replicas, conditions: seen}, one.wanted);
      }
      await cluster.kubectlOk('delete', 'hpa,deployment', name, '--wait=false');
    });
  }
});
