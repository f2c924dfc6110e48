/** Whatever the API promises, on the sandbox as on the real server: a case that passes on one and fails on the other is a bug of the sandbox. */
import {apiServiceCases} from './cases/api-services.ts';
import {collectionCases} from './cases/collections.ts';
import {deletionCases} from './cases/deletion.ts';
import {discoveryCases} from './cases/discovery.ts';
import {patchCases} from './cases/patches.ts';
import {scaleCases} from './cases/scale.ts';
import {tableCases} from './cases/tables.ts';
import {validationCases} from './cases/validation.ts';
import {watchCases} from './cases/watches.ts';
import {writeCases} from './cases/writes.ts';
import {onBothServers} from './subject.ts';

onBothServers((api) => {
  validationCases(api);
  writeCases(api);
  patchCases(api);
  scaleCases(api);
  collectionCases(api);
  watchCases(api);
  deletionCases(api);
  tableCases(api);
  discoveryCases(api);
  apiServiceCases(api);
});
