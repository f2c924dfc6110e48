/** The same kubectl commands against the sandbox and a real API server, in the same order: what a person sees is the same. */
import {after, before, describe, test} from 'node:test';
import {controlPlaneSkip} from '../support/control-plane.ts';
import {COMMANDS} from './commands.ts';
import {kubectl, startPair, type Pair} from './side-by-side.ts';
import {sandboxSubject} from './subject.ts';
import {WRONG} from './wrong-manifests.ts';

describe('kubectl says the same', {skip: controlPlaneSkip()}, () => {
  let pair: Pair;
  before(async () => {
    pair = await startPair(sandboxSubject, {kwok: false});
  });
  after(() => pair.stop());

  for (const command of COMMANDS) test(`kubectl ${command.args.join(' ')}`, () => pair.same(command));

  // Some are taken, with a warning: nothing is stored, so that they do not see each other.
  describe('of a manifest that is wrong', {concurrency: 4}, () => {
    for (const {what, manifest} of WRONG) test(what, () => pair.same(kubectl('apply -f - --dry-run=server', manifest)));
  });
});
