/** What is taken, what is refused, and in which words. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {ApiClient} from '../../support/api-client.ts';
import {RFC_EXAMPLE} from '../../support/rfc-example.ts';
import {BAD, draftRsg, GOOD} from '../../support/rsg-objects.ts';
import {RSGS} from '../subject.ts';
import {BUILT_IN_MISTAKES, TYPE_MISTAKES} from './mistakes.ts';
import {DEPLOYMENTS, MERGE, mistakes, SERVICES, workload} from './objects.ts';

const STRICT = '?dryRun=All&fieldValidation=Strict';

export function validationCases(api: () => ApiClient): void {
  describe('ResourceScalingGroups', () => {
    for (const [what, draft] of GOOD) {
      test(`taken: ${what}`, async () => {
        const {status, body} = await api().send('POST', `${RSGS}${STRICT}`, {body: draftRsg(draft)});
        assert.equal(status, 201, JSON.stringify(body));
      });
    }
    for (const [what, draft, message] of BAD) {
      test(`refused with a message: ${what}`, async () => {
        const {status, body} = await api().send('POST', `${RSGS}${STRICT}`, {body: draftRsg(draft)});
        assert.ok(status === 422 || status === 400);
        assert.match(String(body['message']), message);
      });
    }
    test('several mistakes are told at once, in one order', async () => {
      const draft = {group: {groupID: 'G'}, spec: {replicas: -1}};
      const {body} = await api().send('POST', `${RSGS}${STRICT}`, {body: draftRsg(draft)});
      assert.deepEqual(mistakes(body), [
        'spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0',
        '.spec.replicas: Invalid value: -1: should be a non-negative integer',
        'spec.group.groupID: Invalid value: "G": groupID must be lower case letters, digits and \'-\', and start and end with a letter or digit',
      ]);
    });
    test('a wrong type stops the rules that look further', async () => {
      const {body} = await api().send('POST', `${RSGS}${STRICT}`, {body: draftRsg({spec: {paused: 'yes'}})});
      assert.deepEqual(mistakes(body), [
        'spec.paused: Invalid value: "string": spec.paused in body must be of type boolean: "string"',
        '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      ]);
    });
    test("the RFC's example is taken as it stands, with every default", async () => {
      const {status, body} = await api().send('POST', `${RSGS}?dryRun=All`, {body: RFC_EXAMPLE, contentType: 'application/yaml'});
      assert.equal(status, 201);
      const {group: _group, scalingGroupTask: _task, ...defaults} = body['spec'] as Record<string, unknown>;
      assert.deepEqual(defaults, DEFAULTS);
    });
    test('groupID cannot be changed', async () => {
      await api().ok('POST', RSGS, {body: draftRsg({name: 'fixed', group: {groupID: 'blue'}})});
      const patch = {body: {spec: {group: {groupID: 'green'}}}, contentType: MERGE};
      const {status, body} = await api().send('PATCH', `${RSGS}/fixed`, patch);
      assert.equal(status, 422);
      assert.match(mistakes(body)[0] ?? '', /^spec\.group\.groupID: Invalid value: groupID cannot be changed/u);
    });
    test('an unknown field is a warning unless validation is strict, and is not kept', async () => {
      const {status, headers, body} = await api().send('POST', `${RSGS}?dryRun=All`, {body: draftRsg({spec: {replica: 2}})});
      assert.equal(status, 201);
      assert.equal(headers['warning'], '299 - "unknown field \\"spec.replica\\""');
      assert.equal(JSON.stringify(body['spec']).includes('"replica"'), false);
    });
  });

  describe('built-in kinds', () => {
    test('a grace period below 0 is a warning', async () => {
      const body = workload('Deployment', 'v-grace', {pod: {terminationGracePeriodSeconds: -1}});
      const {status, headers} = await api().send('POST', DEPLOYMENTS, {body});
      assert.equal(status, 201);
      const text = 'spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1';
      assert.equal(headers['warning'], `299 - "${text}"`);
    });
    test('a node port out of range is refused', async () => {
      const spec = {type: 'NodePort', ports: [{port: 80, nodePort: 80}]};
      const {status, body} = await api().send('POST', SERVICES, {
        body: {apiVersion: 'v1', kind: 'Service', metadata: {name: 'v-port'}, spec},
      });
      assert.equal(status, 422);
      const why = 'provided port is not in the valid range. The range of valid ports is 30000-32767';
      assert.deepEqual(mistakes(body), [`spec.ports[0].nodePort: Invalid value: 80: ${why}`]);
    });
    for (const {what, path, body: sent, expected} of BUILT_IN_MISTAKES) {
      test(`refused with a message: ${what}`, async () => {
        const {status, body} = await api().send('POST', `${path}${STRICT}`, {body: sent});
        assert.equal(status, 422, JSON.stringify(body));
        assert.deepEqual(mistakes(body), expected);
      });
    }
    for (const {what, path, body: sent, message} of TYPE_MISTAKES) {
      test(`not understood: ${what}`, async () => {
        const {status, body} = await api().send('POST', `${path}${STRICT}`, {body: sent});
        assert.equal(status, 400);
        assert.equal(body['message'], message);
        assert.equal(body['reason'], 'BadRequest');
      });
    }
  });
}

const DEFAULTS = {
  allowMemberAutoscaler: false,
  companions: [],
  deletionPolicy: 'Delete',
  paused: false,
  replicas: 1,
  restoreTimeoutSeconds: 900,
  scale: {},
  scaleIn: {
    cooldownSeconds: 0,
    drain: {settleSeconds: 15},
    keepVolumes: false,
    minAvailableGroups: 0,
    originPolicy: 'Park',
    whenListEnds: 'NotReadyFirst',
  },
  scaleOut: {readyTimeoutSeconds: 0},
  sync: {ignore: [], maxUnavailableGroups: 1, mode: 'Auto', rollout: 'Rolling'},
};
