/** `npm run generate`: writes every file that is made from code. `test/unit/generated.test.ts` fails where one is not as it would be written. */
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {generatedFiles} from './generated.ts';

const ROOT = join(import.meta.dirname, '../..');

for (const {path, text} of generatedFiles()) {
  await writeFile(join(ROOT, path), text);
  process.stdout.write(`${path}\n`);
}
