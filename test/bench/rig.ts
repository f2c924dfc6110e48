/** What the benches of the built controller stand on: a control plane, a plain client and an observer. */
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

/**
 * Nothing is audited. Deployments are played here, and no node: the real ones cost more than what most benches measure. `real` leaves
 * Deployments to their controller, and plays nodes, so that pods come and become Ready.
 */
export async function startRig({real = false}: {readonly real?: boolean} = {}): Promise<Rig> {
  const cluster = await startControlPlane(real ? {audit: false} : {kwok: false, audit: false, controllers: WITHOUT_DEPLOYMENTS});
  const deployments = real ? undefined : playDeployments(cluster);
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
      deployments?.stop();
      await cluster.stop();
    },
  };
}
