/** Files that are made from code are as they would be made now. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, test} from 'node:test';
import {generatedFiles} from '../support/generated.ts';

describe('after npm run generate nothing would change in', () => {
  for (const {path, text} of generatedFiles()) {
    test(path, () => {
      assert.equal(readFileSync(join(import.meta.dirname, '../..', path), 'utf8'), text, 'run npm run generate');
    });
  }
});
