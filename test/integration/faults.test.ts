/** Faults between the real client code and the sandbox, where even every write of a history is quick to die after. */
import {describe} from 'node:test';
import {sandboxApiServer} from '../support/api-server.ts';
import {controllerFaults} from '../support/suites/controller-faults.ts';
import {deathAfterWrites} from '../support/suites/death-after-writes.ts';
import {listWatchFaults} from '../support/suites/list-watch-faults.ts';

/** Where nothing may be skipped (CI) every write of the history; else a sixth of them, to be quick. */
const every = process.env['RSG_NO_SKIP'] === '1';

describe('list-watch and faults', () => {
  listWatchFaults(sandboxApiServer);
});
describe('the controller and faults', () => {
  controllerFaults(sandboxApiServer);
});
describe(
  every ? 'the controller ended after every write' : 'the controller ended after every sixth write (RSG_NO_SKIP=1: after each)',
  () => {
    deathAfterWrites(sandboxApiServer, (n) => every || n % 6 === 1);
  },
);
