/** The arithmetic of the real HPA controller, by the table that the simulated one is held to. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {z} from 'zod';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {HPA_CASES} from '../support/hpa-cases.ts';
import {hpaOf, sizeIn, missingCondition, pendingPod, type HpaCase, type HpaWanted} from '../support/hpa-cases/hpa-case.ts';
import {serveMetricsApis, type MetricsApis} from '../support/metrics-apis.ts';
import {eventually} from '../support/wait.ts';
import {workload} from '../support/workloads.ts';

const hpaSchema = z.object({
  status: z
    .object({conditions: z.array(z.object({type: z.string(), status: z.string(), reason: z.string(), message: z.string()})).default([])})
    .prefault({}),
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

  const readyPods = async (name: string): Promise<number> =>
    Number((await cluster.kubectlOk('get', 'deployment', name, '-o', 'jsonpath={.status.readyReplicas}')) || '0');
  const size = async (name: string): Promise<number> =>
    Number(await cluster.kubectlOk('get', 'deployment', name, '-o', 'jsonpath={.spec.replicas}'));
  /** What the HPA scaled to first. */
  const firstSize = async (name: string): Promise<number> => {
    const selector = `involvedObject.name=${name},reason=SuccessfulRescale`;
    // Names of events end in the time when they were made, in hexadecimal digits.
    const message = await cluster.kubectlOk(
      'get',
      'events',
      '--field-selector',
      selector,
      '--sort-by=.metadata.name',
      '-o',
      'jsonpath={.items[0].message}',
    );
    return sizeIn(message);
  };
  const becomes = async (name: string, wanted: HpaWanted): Promise<void> => {
    let seen: unknown;
    const settled = async (): Promise<boolean> => {
      const {status} = hpaSchema.parse(JSON.parse(await cluster.kubectlOk('get', 'hpa', name, '-o', 'json')));
      const replicas = wanted.first === true ? await firstSize(name) : await size(name);
      seen = {replicas, conditions: status.conditions};
      return replicas === wanted.replicas && missingCondition(wanted.conditions, status.conditions) === undefined;
    };
    try {
      await eventually('as wanted', settled, {timeoutMs: 15_000});
    } catch {
      assert.deepEqual(seen, wanted);
    }
  };
  const serve = ({external, perPod, reporting = Number.POSITIVE_INFINITY, object}: HpaCase): void => {
    metrics.external = () => (external === 'fails' ? Promise.reject(new Error('no metric')) : Promise.resolve(external));
    metrics.perPod = () => Promise.resolve(perPod);
    metrics.reporting = reporting;
    metrics.object = () => (object === undefined ? Promise.reject(new Error('no metric')) : Promise.resolve(object));
  };

  for (const [at, one] of HPA_CASES.entries()) {
    test(one.name, async () => {
      const name = `case${String(at)}`;
      const {then, pending = 0, replicas} = one;
      serve(one);
      await cluster.apply([workload({name, replicas}), ...Array.from({length: pending}, (_, which) => pendingPod(name, which))]);
      await eventually('its pods are ready', async () => (await readyPods(name)) === replicas);
      await cluster.apply([hpaOf(one, name), ...(one.rival === true ? [hpaOf(one, name, `${name}-rival`)] : [])]);
      await becomes(name, one.wanted);
      if (then !== undefined) {
        const changed = {...one, ...then};
        serve(changed);
        await cluster.apply(hpaOf(changed, name));
        await becomes(name, then.wanted);
      }
      await cluster.kubectlOk('delete', 'hpa,deployment,pod', '--all', '--wait=false');
    });
  }
});
