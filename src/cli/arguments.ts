/** Reads a command line against its command; every mistake is reported at once. Pure. */
import {parseArgs} from 'node:util';
import {commandOf, type CommandName, type Flag} from './commands.ts';
import {UsageError} from './exit.ts';

export interface Arguments {
  readonly positionals: readonly string[];
  readonly help: boolean;
  /** The value of a flag; undefined where it is not given. */
  value(flag: string): string | undefined;
  on(flag: string): boolean;
}

/** Throws a `UsageError` with every mistake. */
export function readArguments(name: CommandName, args: readonly string[]): Arguments {
  const {flags, args: bounds, usage} = commandOf(name);
  const options: Record<string, {type: 'boolean' | 'string'; short?: string}> = {help: {type: 'boolean', short: 'h'}};
  for (const [flag, {short, value}] of Object.entries(flags)) {
    options[flag] = {type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : {short})};
  }
  const {tokens} = parseArgs({args: [...args], options, strict: false, allowPositionals: true, tokens: true});
  const values = new Map<string, string>();
  const switches = new Set<string>();
  const mistakes: string[] = [];
  const positionals = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = token.name === 'help' ? HELP : flags[token.name];
    const mistake = mistakeIn(token, flag);
    if (mistake !== undefined) mistakes.push(mistake);
    else if (flag?.value === undefined) switches.add(token.name);
    else values.set(token.name, token.value ?? '');
  }
  const help = switches.has('help');
  const [least, most] = bounds;
  if (positionals.length < least || positionals.length > most) mistakes.push(`usage: ${usage}`);
  if (mistakes.length > 0 && !help) throw new UsageError(mistakes);
  return {positionals, help, value: (flag) => values.get(flag), on: (flag) => switches.has(flag)};
}

const HELP: Flag = {short: 'h', help: 'this text'};

function mistakeIn({rawName, value}: {rawName: string; value?: string | undefined}, flag: Flag | undefined): string | undefined {
  if (flag === undefined) return `${rawName}: no such flag`;
  if (flag.value === undefined) return value === undefined ? undefined : `${rawName} takes no value`;
  if (value === undefined || value === '') return `${rawName} needs a value: ${flag.value}`;
  if (flag.choices === undefined || flag.choices.includes(value)) return undefined;
  return `${rawName} ${value}: must be one of ${flag.choices.join(', ')}`;
}

/** A whole number of at least 0; throws a `UsageError` that names the flag. */
export function countOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/u.test(text)) throw new UsageError([`--${flag} ${text}: must be a whole number from 0 to 999999`]);
  return Number(text);
}
