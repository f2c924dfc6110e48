/** The short forms of what test/soak does for longer. */
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {controlPlaneSkip, startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd, startController, type ControllerProcess} from '../support/controller.ts';
import {runHostile} from '../support/soak/hostile.ts';
import {runSoak} from '../support/soak/soak.ts';

const told = (): void => undefined;

describe('a short soak', {skip: controlPlaneSkip()}, () => {
  for (const [name, kwok, run] of [
    ['killed six times under moves of every kind, and the API server or etcd restarted', true, kills],
    ['fifty RSGs that nobody would write', false, fiftyHostile],
  ] as const)
    describe(name, () => {
      let cluster: ControlPlane;
      let controller: ControllerProcess;
      before(async () => {
        cluster = await startControlPlane({audit: true, kwok});
        await installCrd(cluster);
        controller = await startController(cluster);
      });
      after(async () => {
        await controller.stop();
        await cluster.stop();
      });

      test('nothing is wrong afterwards', async () => {
        assert.deepEqual(await run(cluster, controller), []);
      });
    });
});

async function kills(cluster: ControlPlane, controller: ControllerProcess): Promise<readonly string[]> {
  const report = await runSoak({cluster, controller}, {kills: 6, seed: 7, killsPerBout: 5, told});
  return report.wrong;
}

function fiftyHostile(cluster: ControlPlane): Promise<readonly string[]> {
  return runHostile(cluster, {rsgs: 50, seed: 7, told});
}
