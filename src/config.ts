/**
 * Flags and `RSG_…` environment variables become one frozen configuration per role; every mistake is reported at once. A flag's
 * description is its line of help.
 */
import {parseArgs} from 'node:util';
import {z} from 'zod';
import {LOG_LEVELS} from './runtime/log.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
);
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u;
const namespace = z.string().regex(NAMESPACE, 'must be the name of a namespace');
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
const UNIT_MS: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000};
/** In milliseconds. */
const duration = z
  .string()
  .regex(/^\d{1,6}(\.\d+)?(ms|s|m)$/u, 'must be a duration, such as 15s')
  .transform((text) => Number.parseFloat(text) * (UNIT_MS[text.replace(/^[\d.]+/u, '')] ?? 1))
  .refine((ms) => ms >= 100, 'must be at least 100ms');
const namespacedName = z
  .string()
  .transform((text) => text.split('/'))
  .pipe(z.tuple([namespace, z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/u)], 'must be NAMESPACE/NAME'))
  .transform(([ofNamespace, name]) => ({namespace: ofNamespace, name}));
const dnsNames = list.refine(
  (all) => all.length > 0 && all.every((one) => /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/u.test(one)),
  'must be DNS names',
);

const file = z.string().min(1).optional();

const COMMON = {
  kubeconfig: z.string().min(1).optional().describe("kubeconfig file (default: in-cluster, then KUBECONFIG, then the user's)"),
  'http-address': address.prefault('127.0.0.1:8081').describe('HOST:PORT of /livez, /readyz, /metrics (default 127.0.0.1:8081)'),
  'watch-namespace': namespace.optional().describe('only RSGs of this namespace (default: all)'),
  'kind-declarations': file.describe('YAML file of more kinds that may be targets, with their paths (docs/guides/kinds.md)'),
  'log-level': z
    .enum(LOG_LEVELS)
    .default('info')
    .describe(`${LOG_LEVELS.join(', ')} (default info)`),
};

const CONTROLLER = {
  'leader-elect': onOff.default(true).describe('wait for a Lease before writing (default true)'),
  'lease-namespace': namespace.default('default').describe('namespace of the Lease (default: default)'),
  'allow-cross-namespace': list.prefault('').describe("namespaces, comma-separated, in which targets of other namespaces' RSGs may be"),
  'target-kinds': kinds
    .prefault('Deployment.apps,StatefulSet.apps,LeaderWorkerSet.leaderworkerset.x-k8s.io')
    .describe('kinds that may be targets (default Deployment.apps,StatefulSet.apps,LeaderWorkerSet.leaderworkerset.x-k8s.io)'),
};

const QUESTIONS = {
  'metrics-adapter-url': z
    .url()
    .optional()
    .describe("where the adapter's --http-address is reached, to report what it misses (condition MetricsAvailable)"),
};

/** Where samples come from; the controller asks draining pods. */
const SOURCE = {
  'scrape-interval': duration.prefault('15s').describe('how often each pod is scraped (default 15s)'),
  'min-coverage': z.coerce
    .number('must be a number')
    .gt(0, 'must be above 0')
    .max(1, 'must be at most 1')
    .default(0.8)
    .describe('share of the Ready pods that must have a fresh sample (default 0.8)'),
  'allow-host-network': onOff.default(false).describe("scrape pods on their node's network too (default false)"),
  'prometheus-url': z
    .url({protocol: /^https?$/u, error: 'must be an http or https URL'})
    .optional()
    .describe('Prometheus-compatible server, for RSGs with source: prometheus'),
  'prometheus-bearer-token-file': file.describe('file with the token for it'),
  'prometheus-username': file.describe('user name for it, with --prometheus-password-file'),
  'prometheus-password-file': file.describe('file with the password'),
  'prometheus-ca-file': file.describe('CA of its certificate, PEM (default: those of the system)'),
  'prometheus-cert-file': file.describe('client certificate for it, PEM, with --prometheus-key-file'),
  'prometheus-key-file': file.describe('key of the client certificate, PEM'),
};

const SERVING = {
  'secure-address': address.prefault('127.0.0.1:6443').describe('HOST:PORT of the aggregated APIs (default 127.0.0.1:6443)'),
  'keda-address': address.prefault('127.0.0.1:9090').describe("HOST:PORT of KEDA's external scaler, gRPC (default 127.0.0.1:9090)"),
  'keda-tls': onOff
    .default(false)
    .describe('speak TLS there, with the certificate of --secure-address; triggers need enableTLS or a caCert (default false)'),
  'tls-cert-file': file.describe('certificate of --secure-address, PEM; read again when it changes'),
  'tls-key-file': file.describe('its key, PEM'),
  'tls-secret': namespacedName
    .prefault('default/rsg-metrics-adapter-tls')
    .describe(
      'NAMESPACE/NAME of the Secret with the certificate that replicas share, where no files are given (default default/rsg-metrics-adapter-tls)',
    ),
  'tls-names': dnsNames
    .prefault('rsg-metrics-adapter.default.svc,localhost')
    .describe(
      'DNS names that it is valid for, besides those of the Services of our APIServices (default rsg-metrics-adapter.default.svc,localhost)',
    ),
};

type Flags = z.ZodObject<Record<string, z.ZodType>>;

/** Flags that only make sense together. */
const PAIRS = [
  ['tls-cert-file', 'tls-key-file'],
  ['prometheus-username', 'prometheus-password-file'],
  ['prometheus-cert-file', 'prometheus-key-file'],
] as const;

function pairsAreWhole(context: z.core.ParsePayload<Readonly<Record<string, unknown>>>): void {
  const {value, issues} = context;
  for (const [one, other] of PAIRS) {
    if ((value[one] === undefined) === (value[other] === undefined)) continue;
    const [given, missing] = value[one] === undefined ? [other, one] : [one, other];
    issues.push({code: 'custom', path: [given], input: value, message: `goes with --${missing}: give both or neither`});
  }
}

const SANDBOX = {
  port: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(65535, 'must be at most 65535')
    .default(6443)
    .describe('port of the API server on 127.0.0.1, 0 for any free one (default 6443)'),
  'kubeconfig-out': z
    .string()
    .min(1)
    .default('rsg-sandbox.kubeconfig')
    .describe("where to write the administrator's kubeconfig (default rsg-sandbox.kubeconfig)"),
  'log-level': COMMON['log-level'],
};

/** The flags of each role that is a process of its own. */
export const FLAGS = {
  controller: z.object({...COMMON, ...CONTROLLER, ...QUESTIONS, ...SOURCE}).check(pairsAreWhole),
  'metrics-adapter': z.object({...COMMON, ...SOURCE, ...SERVING}).check(pairsAreWhole),
  all: z.object({...COMMON, ...CONTROLLER, ...QUESTIONS, ...SOURCE, ...SERVING}).check(pairsAreWhole),
  sandbox: z.object(SANDBOX),
} as const;

export type Role = keyof typeof FLAGS;
export type ControllerConfig = Readonly<z.output<(typeof FLAGS)['controller']>>;
export type AdapterConfig = Readonly<z.output<(typeof FLAGS)['metrics-adapter']>>;

export type SandboxConfig = Readonly<z.output<(typeof FLAGS)['sandbox']>>;

/** Flags win over environment variables. Answers the mistakes, one sentence each, instead of throwing. */
export function readConfig<S extends Flags>(
  schema: S,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): {config: Readonly<z.output<S>>} | {mistakes: string[]} {
  const names = Object.keys(schema.shape);
  const options = Object.fromEntries(names.map((name) => [name, {type: 'string' as const}]));
  const {values, tokens} = parseArgs({args: [...args], options, strict: false, tokens: true});
  const mistakes: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') mistakes.push(`${token.value}: flags start with --`);
    if (token.kind === 'option' && !names.includes(token.name)) mistakes.push(`${token.rawName}: no such flag`);
  }
  const raw: Record<string, string> = {};
  for (const name of names) {
    const value = values[name] ?? env[`RSG_${name.replaceAll('-', '_').toUpperCase()}`];
    // A flag without a value: true, as kubectl takes it.
    if (value !== undefined) raw[name] = String(value);
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) mistakes.push(...parsed.error.issues.map((issue) => `--${String(issue.path[0] ?? '')}: ${issue.message}`));
  return parsed.success && mistakes.length === 0 ? {config: Object.freeze(parsed.data)} : {mistakes};
}

/** One line per flag. */
export function flagHelp(schema: Flags): string {
  return Object.entries(schema.shape)
    .map(([name, flag]) => `  --${name.padEnd(22)} ${flag.description ?? ''}`)
    .join('\n');
}
