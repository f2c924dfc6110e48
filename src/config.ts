/** Flags and `RSG_…` environment variables become one frozen Config; every mistake is reported at once. */
import {parseArgs} from 'node:util';
import {z} from 'zod';
import {LOG_LEVELS} from './runtime/log.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
);
const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u, 'must be the name of a namespace');
const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]*):\d{1,5}$/u, 'must be HOST:PORT, such as 127.0.0.1:8081')
  .transform((text) => {
    const at = text.lastIndexOf(':');
    return {host: text.slice(0, at).replace(/^\[|\]$/gu, '') || '0.0.0.0', port: Number(text.slice(at + 1))};
  })
  .refine(({port}) => port <= 65535, 'the port must be at most 65535');
const onOff = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');
const kinds = list.refine(
  (all) => all.every((one) => /^[A-Za-z0-9]+\.[-a-z0-9.]+$/u.test(one)),
  'must be a list of KIND.GROUP, such as Deployment.apps',
);

const FLAGS = {
  kubeconfig: {schema: z.string().min(1).optional(), help: "kubeconfig file (default: in-cluster, then KUBECONFIG, then the user's)"},
  'leader-elect': {schema: onOff.default(true), help: 'wait for a Lease before writing (default true)'},
  'lease-namespace': {schema: namespace.default('default'), help: 'namespace of the Lease (default: default)'},
  'http-address': {schema: address.prefault('127.0.0.1:8081'), help: 'HOST:PORT of /livez, /readyz, /metrics (default 127.0.0.1:8081)'},
  'watch-namespace': {schema: namespace.optional(), help: 'only RSGs of this namespace (default: all)'},
  'allow-cross-namespace': {
    schema: list.prefault(''),
    help: "namespaces, comma-separated, in which targets of other namespaces' RSGs may be",
  },
  'target-kinds': {
    schema: kinds.prefault('Deployment.apps,StatefulSet.apps,LeaderWorkerSet.leaderworkerset.x-k8s.io'),
    help: 'kinds that may be targets (default Deployment.apps,StatefulSet.apps,LeaderWorkerSet.leaderworkerset.x-k8s.io)',
  },
  'log-level': {schema: z.enum(LOG_LEVELS).default('info'), help: `${LOG_LEVELS.join(', ')} (default info)`},
} as const;

const configSchema = z.object({
  kubeconfig: FLAGS.kubeconfig.schema,
  'leader-elect': FLAGS['leader-elect'].schema,
  'lease-namespace': FLAGS['lease-namespace'].schema,
  'http-address': FLAGS['http-address'].schema,
  'watch-namespace': FLAGS['watch-namespace'].schema,
  'allow-cross-namespace': FLAGS['allow-cross-namespace'].schema,
  'target-kinds': FLAGS['target-kinds'].schema,
  'log-level': FLAGS['log-level'].schema,
});

export type Config = Readonly<z.output<typeof configSchema>>;

/** Flags win over environment variables. Answers the mistakes, one sentence each, instead of throwing. */
export function readConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): {config: Config} | {mistakes: string[]} {
  const options = Object.fromEntries(Object.keys(FLAGS).map((name) => [name, {type: 'string' as const}]));
  const {values, tokens} = parseArgs({args: [...args], options, strict: false, tokens: true});
  const mistakes: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') mistakes.push(`${token.value}: flags start with --`);
    if (token.kind === 'option' && !(token.name in FLAGS)) mistakes.push(`${token.rawName}: no such flag`);
  }
  const raw: Record<string, string> = {};
  for (const name of Object.keys(FLAGS)) {
    const value = values[name] ?? env[`RSG_${name.replaceAll('-', '_').toUpperCase()}`];
    // A flag without a value: true, as kubectl takes it.
    if (value !== undefined) raw[name] = String(value);
  }
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) mistakes.push(...parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`));
  return parsed.success && mistakes.length === 0 ? {config: Object.freeze(parsed.data)} : {mistakes};
}

export function flagHelp(): string {
  return Object.entries(FLAGS)
    .map(([name, {help}]) => `  --${name.padEnd(22)} ${help}`)
    .join('\n');
}
