/** The chart's CRD is the one that the code would render now. `npm run verify` checks the reference pages in the same way. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {generatedFiles} from '../support/generated.ts';

test('the chart holds the CRD of this code', () => {
  const found = generatedFiles().find(({path}) => path.endsWith('/crd.yaml'));
  assert.ok(found !== undefined);
  assert.ok(readFileSync(join(import.meta.dirname, '../..', found.path), 'utf8') === found.text, `${found.path}: run npm run generate`);
});
