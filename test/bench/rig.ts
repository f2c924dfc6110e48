/** What the benches of the built controller stand on: a control plane whose Deployments are played here, a plain client and an observer. */
import {startControlPlane, type ControlPlane} from '../support/control-plane.ts';
import {installCrd} from '../support/controller.ts';
import {observe, type Observer} from './observer.ts';
import {plainClient, type PlainClient} from './plain-client.ts';
import {playDeployments, WITHOUT_DEPLOYMENTS} from './played-deployments.ts';

export interface Rig {
  readonly cluster: ControlPlane;
  readonly plain: PlainClient;
  readonly observer: Observer;
  readonly stop: () => Promise<void>;
}

/** Nothing is audited and no node is played: both cost more than what is measured. */
export async function startRig(): Promise<Rig> {
  const cluster = await startControlPlane({kwok: false, audit: false, controllers: WITHOUT_DEPLOYMENTS});
  const deployments = playDeployments(cluster);
  const plain = plainClient(cluster);
  await installCrd(cluster);
  const observer = await observe(cluster);
  return {
    cluster,
    plain,
    observer,
    stop: async () => {
      observer.stop();
      plain.close();
      deployments.stop();
      await cluster.stop();
    },
  };
}
