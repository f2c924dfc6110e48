/** Faults between the real client code and the sandbox, where even every write of a history is quick to die after. */
import {describe} from 'node:test';
import {sandboxApiServer} from '../support/api-server.ts';
import {controllerFaults} from '../support/suites/controller-faults.ts';
import {deathAfterWrites} from '../support/suites/death-after-writes.ts';
import {listWatchFaults} from '../support/suites/list-watch-faults.ts';

describe('list-watch and faults', () => {
  listWatchFaults(sandboxApiServer);
});
describe('the controller and faults', () => {
  controllerFaults(sandboxApiServer);
});
describe('the controller ended after every write', () => {
  deathAfterWrites(sandboxApiServer, () => true);
});
