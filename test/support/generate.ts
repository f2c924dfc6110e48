/** `npm run generate`: writes every file that is made from code. With `--check` it only says which are not as they would be written. */
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {generatedFiles} from './generated.ts';

const ROOT = join(import.meta.dirname, '../..');
const check = process.argv.includes('--check');

for (const {path, text} of generatedFiles()) {
  const before = await readFile(join(ROOT, path), 'utf8').catch(() => '');
  if (before === text) continue;
  if (!check) await writeFile(join(ROOT, path), text);
  else process.exitCode = 1;
  process.stdout.write(`${path}${check ? ' is not as the code says: run npm run generate' : ''}\n`);
}
