/** What the documentation shows as code: blocks, and words in backticks. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface Block {
  /** `yaml`, `sh`, or empty. */
  readonly language: string;
  readonly text: string;
}

export interface Page {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** In backticks, in the order of the page; those of tables with their escapes undone. */
  readonly words: readonly string[];
}

export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const fence = /^```(?<language>\w*)\n(?<inner>[\s\S]*?)^```$/gmu;
  const blocks = [...text.matchAll(fence)].map(({groups = {}}) => ({language: groups['language'] ?? '', text: groups['inner'] ?? ''}));
  const prose = text.replaceAll(fence, '');
  const words = [...prose.matchAll(/`(?<word>[^`]+)`/gu)].map(({groups = {}}) => (groups['word'] ?? '').replaceAll(/\s+/gu, ' '));
  return {path, text, blocks, words};
}

/** README and everything below `docs`. */
export function allPages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs'), {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.sort().map((name) => `docs/${name}`)].map(readPage);
}

/** Lines that a shell would run: of blocks that are `sh` or unmarked, and words that begin like one; comments and redirections taken off. */
export function commandsOf({blocks, words}: Page): string[] {
  const lines = blocks.filter(({language}) => language === 'sh' || language === '').flatMap(({text}) => text.split('\n'));
  return [...lines, ...words]
    .flatMap((line) => line.split(/&&|;|\|/u))
    .map((line) =>
      line
        .replace(/\s#.*$/u, '')
        .replace(/\s>.*$/u, '')
        .trim(),
    )
    .filter((line) => /^(?:kubectl|rsg|helm|npm) /u.test(line))
    .map((line) => line.replace(/^npm run --silent rsg -- /u, 'rsg '));
}
