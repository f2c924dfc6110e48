/** Completion: what may stand at the end of a command line, and the scripts that make shells ask. Pure. */
import {COMMANDS, commandOf, isCommand, type Flag} from './commands.ts';

/** What only the cluster knows. */
export type Wish =
  {readonly kind: 'words'; readonly words: readonly string[]} | {readonly kind: 'rsg' | 'group' | 'workload' | 'namespace'};

/** `words` is the line after the program's name; its last entry is what is being typed. */
export function wishFor(words: readonly string[]): Wish {
  const [command] = words;
  const typed = words.at(-1) ?? '';
  if (words.length <= 1) return list(Object.keys(COMMANDS), typed);
  if (!isCommand(command)) return list([], typed);
  const {flags, completes, args} = commandOf(command);
  const previous = words.at(-2) ?? '';
  const asked = flagOf(flags, previous);
  if (asked?.value !== undefined) return asked.value === 'NS' ? {kind: 'namespace'} : list(asked.choices ?? [], typed);
  if (typed.startsWith('-'))
    return list(
      [...Object.keys(flags), 'help'].map((flag) => `--${flag}`),
      typed,
    );
  const position = positionalsBefore(words, flags);
  const what = position < args[1] ? completes[Math.min(position, completes.length - 1)] : undefined;
  if (what === 'shell') return list(Object.keys(SCRIPTS), typed);
  return what === undefined ? list([], typed) : {kind: what};
}

const list = (words: readonly string[], typed: string): Wish => ({kind: 'words', words: words.filter((word) => word.startsWith(typed))});

function flagOf(flags: Readonly<Record<string, Flag>>, word: string): Flag | undefined {
  return Object.entries(flags).find(([name, {short}]) => word === `--${name}` || (short !== undefined && word === `-${short}`))?.[1];
}

function positionalsBefore(words: readonly string[], flags: Readonly<Record<string, Flag>>): number {
  return words.slice(1, -1).filter((word, at) => !word.startsWith('-') && flagOf(flags, words[at] ?? '')?.value === undefined).length;
}

const BASH = `_rsg() {
  local IFS=$'\\n'
  COMPREPLY=($(rsg __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | sed '/^:/d'))
}
complete -F _rsg rsg
`;
const ZSH = `#compdef rsg
_rsg() {
  local -a found
  found=(\${(f)"$(rsg __complete "\${(@)words[2,CURRENT]}" 2>/dev/null | sed '/^:/d')"})
  compadd -a found
}
compdef _rsg rsg
`;
const FISH = `complete -c rsg -f -a '(set -l words (commandline -opc) (commandline -ct); rsg __complete $words[2..-1] 2>/dev/null | string match -v ":*")'
`;

export const SCRIPTS: Readonly<Record<string, string>> = {bash: BASH, zsh: ZSH, fish: FISH};
