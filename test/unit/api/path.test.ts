import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {changePath, patchOf, readPath, valueAt} from '../../../src/api/path.ts';

const group = {
  metadata: {name: 'llm'},
  spec: {
    roles: [
      {name: 'prefill', replicas: 2, template: {a: 1}},
      {name: 'decode', template: {b: 1}},
    ],
  },
};

describe('a path', () => {
  test('leads to every item of a list, told apart by name', () => {
    assert.deepEqual(readPath(group, 'spec.roles[*].replicas'), [
      {key: 'prefill', value: 2},
      {key: 'decode', value: undefined},
    ]);
  });

  test('leads nowhere when something on the way is missing, and to an empty place when only the last field is', () => {
    assert.deepEqual(readPath(group, 'spec.roles[*].pattern.template'), []);
    assert.deepEqual(readPath(group, 'spec.paused'), [{key: '', value: undefined}]);
    assert.equal(valueAt({}, 'spec.replicas'), undefined);
  });

  test('items without a name are told apart by position', () => {
    assert.deepEqual(
      readPath({list: [{n: 1}, {n: 2}]}, 'list[*].n').map(({key}) => key),
      ['0', '1'],
    );
  });

  test('changes copies: the object stays as it was, and the last field may be new', () => {
    const before = structuredClone(group);
    const changed = changePath(group, 'spec.roles[*].replicas', ({key}) => (key === 'decode' ? 4 : undefined));
    assert.deepEqual(group, before);
    assert.deepEqual(changed.spec.roles, [
      {name: 'prefill', replicas: 2, template: {a: 1}},
      {name: 'decode', replicas: 4, template: {b: 1}},
    ]);
    assert.deepEqual(
      changePath({spec: {}}, 'spec.replicas', () => 3),
      {spec: {replicas: 3}},
    );
  });

  test('makes up nothing on the way', () => {
    assert.deepEqual(
      changePath({spec: {}}, 'spec.pattern.template', () => 'x'),
      {spec: {}},
    );
  });

  test('as a merge patch holds no more than it must: one field, or a list whole', () => {
    assert.deepEqual(patchOf({spec: {replicas: 3, template: {}}}, 'spec.replicas'), {spec: {replicas: 3}});
    assert.deepEqual(patchOf({spec: {roles: [{name: 'a', replicas: 0}], other: 1}}, 'spec.roles[*].replicas'), {
      spec: {roles: [{name: 'a', replicas: 0}]},
    });
  });
});
