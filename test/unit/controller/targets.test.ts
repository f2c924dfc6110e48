/** Which kinds and places may be targets: the RSG acts with the controller's rights, not its author's. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {ResourceType} from '../../../src/api/objects.ts';
import {kindProblem, type Rules} from '../../../src/controller/targets.ts';
import {ModelCluster} from '../../support/model-cluster.ts';

const {rsg} = new ModelCluster({ratio: [1]});
const rules: Rules = {targetKinds: ['Deployment.apps'], crossNamespaces: ['shared'], declaredKinds: []};
const apps = (kind: string): ResourceType => ({group: 'apps', version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: true});

describe('a target', () => {
  const ROWS: readonly [string, ResourceType | undefined, string | undefined, string | undefined][] = [
    ['of an allowed kind, beside its RSG', apps('Deployment'), undefined, undefined],
    ['in a namespace that the controller allows', apps('Deployment'), 'shared', undefined],
    ['in any other namespace', apps('Deployment'), 'elsewhere', 'NamespaceNotAllowed'],
    ['of a kind that is known, but not on the list', apps('StatefulSet'), undefined, 'KindNotAllowed'],
    ['of a kind that nobody declared', apps('DaemonSet'), undefined, 'KindNotDeclared'],
    ['of a kind that is not served', undefined, undefined, 'KindNotServed'],
  ];
  for (const [what, type, namespace, reason] of ROWS) {
    test(`${what}: ${reason ?? 'may be bound'}`, () => {
      const target = {name: 'x', kind: type?.kind ?? 'Rocket', version: 'apps/v1', ...(namespace === undefined ? {} : {namespace})};
      assert.equal(kindProblem(rsg, target, type, rules)?.reason, reason);
    });
  }
});
