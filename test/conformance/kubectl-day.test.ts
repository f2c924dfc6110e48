/** The same kubectl commands while workloads, pods and the RSG controller do their work: simulated ones here, the real ones there. */
import {after, before, describe, test} from 'node:test';
import {systemClock} from '../../src/runtime/clock.ts';
import {controlPlaneSkip} from '../support/control-plane.ts';
import {embedController} from '../support/embedded-controller.ts';
import {DAY} from './day.ts';
import {startPair, type Pair} from './side-by-side.ts';
import {simulated} from './workloads/world.ts';

describe('kubectl says the same while controllers work', {skip: controlPlaneSkip()}, () => {
  let pair: Pair;
  let controllers: readonly ReturnType<typeof embedController>[];
  before(async () => {
    pair = await startPair(simulated, {kwok: true});
    controllers = pair.configs.map((config) => embedController({config, namespace: 'default', clock: systemClock}));
  });
  after(async () => {
    await Promise.all(controllers.map((one) => one.end()));
    await pair.stop();
  });

  for (const command of DAY) test(`kubectl ${command.args.join(' ')}`, () => pair.same(command));
});
