/** The help texts, made from the table of commands. Pure. */
import {COMMANDS, commandOf, type CommandName, type Flag} from './commands.ts';

export function overview(program: string): string {
  const lines = Object.entries(COMMANDS).map(([name, {summary}]) => `  ${name.padEnd(12)} ${summary}`);
  return `Usage: ${program} COMMAND [ARGS]

Commands:
${lines.join('\n')}

Exit codes: 0 done, 1 the cluster failed or refused, 2 wrong command line, 3 the answer is no.
${program} COMMAND --help tells more.
`;
}

export function commandHelp(program: string, name: CommandName): string {
  const {usage, summary, details, flags} = commandOf(name);
  const rows = [...Object.entries(flags).map(flagRow), ['-h, --help', 'this text'] as const];
  const width = Math.max(...rows.map(([left]) => left.length));
  return `Usage: ${program} ${usage}

${summary}

${details}

Flags:
${rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`).join('\n')}
`;
}

function flagRow([name, {short, value, help}]: readonly [string, Flag]): readonly [string, string] {
  const lead = short === undefined ? '    ' : `-${short}, `;
  return [`${lead}--${name}${value === undefined ? '' : ` ${value}`}`, help];
}
