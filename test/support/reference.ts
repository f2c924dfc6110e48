/** The reference pages, made from the schema, the flags, the table of commands and the source. */
import {z} from 'zod';
import {renderCrd} from '../../src/api/crd.ts';
import {COMMANDS, commandOf, type CommandName} from '../../src/cli/commands.ts';
import {EXIT} from '../../src/cli/exit.ts';
import {FLAGS} from '../../src/config.ts';
import {METRIC_NAMES} from '../../src/metrics-adapter/query.ts';
import {readCode, type CodeFacts} from './code-facts.ts';

const NOTE = '<!-- Made by npm run generate. Change the code instead. -->\n';

export function referencePages(): readonly {readonly path: string; readonly text: string}[] {
  const facts = readCode();
  const page = (name: string, title: string, text: string): {path: string; text: string} => ({
    path: `docs/reference/${name}.md`,
    text: `${NOTE}\n# ${title}\n\n${text}`,
  });
  return [
    page('fields', 'Fields of a ResourceScalingGroup', fieldsText()),
    page('flags', 'Flags of the program', flagsText()),
    page('kubectl', 'kubectl rsg', kubectlText()),
    page('conditions-and-events', 'Conditions and events', reasonsText(facts)),
    page('metrics', 'Metrics', metricsText(facts)),
    page('errors', 'Errors', errorsText(facts)),
  ];
}

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((one) => one.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`;
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  row(...header) + row(...header.map(() => '---')) + rows.map((cells) => row(...cells)).join('');
const code = (text: string): string => `\`${text}\``;

const nodeSchema = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  'x-kubernetes-int-or-string': z.boolean().optional(),
});
const crdSchema = z.looseObject({
  spec: z.looseObject({versions: z.array(z.looseObject({schema: z.looseObject({openAPIV3Schema: nodeSchema})})).min(1)}),
});

function fieldsText(): string {
  const root = crdSchema.parse(renderCrd()).spec.versions[0]?.schema.openAPIV3Schema.properties ?? {};
  const part = (name: string): string => `## ${name}\n\n${table(['Field', 'Type', 'Default', 'Meaning'], fieldRows(root[name], name))}`;
  return `${part('spec')}\n${part('status')}`;
}

function fieldRows(raw: unknown, path: string): string[][] {
  const {properties = {}, required = []} = nodeSchema.parse(raw);
  return Object.entries(properties).flatMap(([name, inner]) => {
    const node = nodeSchema.parse(inner);
    const here = `${path}.${name}`;
    const needed = required.includes(name) && node.default === undefined ? '**required**' : '';
    const shown = node.default === undefined || typeof node.default === 'object' ? needed : code(JSON.stringify(node.default));
    const own = [code(here), typeOf(node), shown, [node.description ?? '', boundsOf(node)].filter((one) => one !== '').join(' ')];
    if (node.items !== undefined) return [own, ...fieldRows(node.items, `${here}[]`)];
    if (typeof node.additionalProperties === 'object') return [own, ...fieldRows(node.additionalProperties, `${here}.*`)];
    return [own, ...fieldRows(node, here)];
  });
}

function typeOf({type, items, ...node}: z.output<typeof nodeSchema>): string {
  if (node['x-kubernetes-int-or-string'] === true) return 'integer or string';
  if (type === 'array') return `list of ${nodeSchema.parse(items).type ?? 'objects'}`;
  return type ?? 'any';
}

function boundsOf({enum: values, minimum, maximum}: z.output<typeof nodeSchema>): string {
  if (values !== undefined) return `One of ${values.map((value) => code(String(value))).join(', ')}.`;
  if (minimum === undefined && maximum === undefined) return '';
  return `${minimum === undefined ? '' : `From ${String(minimum)}`}${maximum === undefined ? '' : ` to ${String(maximum)}`}.`.trim();
}

function flagsText(): string {
  const parts = Object.entries(FLAGS).map(([role, {shape}]) => {
    const rows = Object.entries(shape).map(([name, schema]) => [
      code(`--${name}`),
      code(`RSG_${name.replaceAll('-', '_').toUpperCase()}`),
      schema.description ?? '',
    ]);
    return `## rsg ${role}\n\n${table(['Flag', 'Environment', 'Meaning'], rows)}`;
  });
  return `A flag wins over its environment variable. A wrong one ends the program with exit code 2 and every mistake listed.\n\n${parts.join('\n')}`;
}

function kubectlText(): string {
  const names = Object.keys(COMMANDS).filter((name): name is CommandName => Object.hasOwn(COMMANDS, name));
  const parts = names.map((name) => {
    const {summary, usage, details, flags} = commandOf(name);
    const rows = Object.entries(flags).map(([flag, {short, value, help}]) => [
      code(`${short === undefined ? '' : `-${short}, `}--${flag}${value === undefined ? '' : ` ${value}`}`),
      help,
    ]);
    return `## ${name}\n\n\`kubectl rsg ${usage}\`: ${summary}.\n\n${details.replaceAll('\n', '\n\n')}\n${rows.length === 0 ? '' : `\n${table(['Flag', 'Meaning'], rows)}`}`;
  });
  const exits = `Exit codes: ${String(EXIT.ok)} done, ${String(EXIT.failed)} the cluster failed or refused, ${String(EXIT.usage)} wrong command line (nothing was sent), ${String(EXIT.no)} the answer is no.`;
  return `The same program as \`rsg\`, under the name \`kubectl-rsg\`.\n\n${exits}\n\n${parts.join('\n')}`;
}

function reasonsText({conditions, events, reasons}: CodeFacts): string {
  return `\`…\` stands for names and numbers of the moment.

## Conditions

${table(
  ['Condition', 'Status', 'Reason', 'Message'],
  conditions.map(({type, status, reason, message}) => [code(type), status, code(reason), message]),
)}
## Events

A condition that turns bad is a Warning with the same reason, too.

${table(
  ['Type', 'Reason', 'Message'],
  events.map(({type, reason, message}) => [type, code(reason), message]),
)}
## Reasons that conditions and events share

Why a target cannot be bound, a group is held back, or a group cannot be made.

${table(
  ['Reason', 'Message'],
  reasons.map(({reason, message}) => [code(reason), message]),
)}`;
}

function metricsText({metrics}: CodeFacts): string {
  const served = new Set<string>(METRIC_NAMES);
  const labelsOf = (name: string, labels: readonly string[]): readonly string[] =>
    labels.length === 0 && served.has(name) ? ['namespace', 'rsg', 'role', 'group'] : labels;
  const rows = metrics.map(({name, help, labels}) => [code(name), labelsOf(name, labels).map(code).join(', '), help]);
  return `What the adapter serves for autoscaling, and what the processes tell of themselves at \`/metrics\`. Labels \`role\` and \`group\` are empty where the value is of all of them.\n\n${table(['Name', 'Labels', 'Meaning'], rows)}`;
}

function errorsText({codes}: CodeFacts): string {
  return codes.map(({name, codes: all}) => `- ${code(name)}: ${all.map(code).join(', ')}\n`).join('');
}
