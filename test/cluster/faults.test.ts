/** Faults between the real client code and a real API server. */
import {describe} from 'node:test';
import {realApiServer} from '../support/api-server.ts';
import {controlPlaneSkip} from '../support/control-plane.ts';
import {controllerFaults} from '../support/suites/controller-faults.ts';
import {deathAfterWrites} from '../support/suites/death-after-writes.ts';
import {listWatchFaults} from '../support/suites/list-watch-faults.ts';

const skip = controlPlaneSkip();

describe('list-watch and faults', {skip}, () => {
  listWatchFaults(realApiServer);
});
describe('the controller and faults', {skip}, () => {
  controllerFaults(realApiServer);
});
describe('the controller ended after single writes', {skip}, () => {
  // Every write would take minutes here; the sandbox sees them all.
  deathAfterWrites(realApiServer, (n, of) => n === 1 || n === of || n % 4 === 0);
});
