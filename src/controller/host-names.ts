/**
 * Host names in strings: `prefill` sends to `http://decode:8000`, and in a clone that has to be its own group's `decode`. Only whole host
 * names are changed, never a part of a word:
 *
 * - `NAME`, `NAME.NAMESPACE`, `NAME.NAMESPACE.svc[.DOMAIN]`, where NAME is a Service that every group has of its own;
 * - `WORKLOAD-N.NAME…`, the name of one pod, where `N` may be a variable, as may all of the pod's name (`$(POD_NAME).NAME`).
 *
 * In a URL, before a port, as a pod's name and with `.svc` it is a host name for certain. Standing alone it is one where it is the value of
 * something called host, address, URL or the like, is a plain word where it is the value of something called role, mode or the like, and
 * is ambiguous otherwise. In running text it is a plain word. Pure.
 */

/** A name that differs from group to group. */
export interface HostName {
  readonly name: string;
  readonly namespace: string;
  /** What it is in the group that is being made. */
  readonly to: string;
}

export interface HostNames {
  /** Of Services; those by which pods have names are here also when they stay the same. */
  readonly services: readonly HostName[];
  /** Of workloads whose pods are called `NAME-N`. */
  readonly pods: readonly HostName[];
  /** Where the string is: names without a namespace are looked up there. */
  readonly home: string;
  /** Names that stand for themselves where they stand alone. */
  readonly plainWords: ReadonlySet<string>;
}

export interface Rewritten {
  readonly text: string;
  /** What may or may not be a host name. */
  readonly ambiguous: readonly string[];
}

const VARIABLE = String.raw`\$\([A-Za-z_]\w*\)|\$\{[A-Za-z_]\w*\}`;
const LABEL = String.raw`(?:[A-Za-z0-9]|-(?=[-A-Za-z0-9$])|${VARIABLE})+`;
/** What stands before a host name, the name itself, and what follows it. */
const HOST = new RegExp(
  String.raw`(?<before>^|:\/\/(?:[^\s/@"']*@)?|[\s"'=,;()\[\]{}|<>@]|(?<=[A-Za-z_]):)(?<host>${LABEL}(?:\.${LABEL})*)(?<port>:(?:\d{1,5}|${VARIABLE}))?(?=$|[\s"',;()\[\]{}|<>/?#])`,
  'gu',
);
const POD = new RegExp(String.raw`^-(?:\d+|${VARIABLE})(?:-(?:\d+|${VARIABLE}))?$`, 'u');

/** `key` says what the string is the value of: the name of an environment variable, a flag, a key of a ConfigMap. */
export function rewriteText(text: string, key: string | undefined, names: HostNames): Rewritten {
  const ambiguous: string[] = injectedVariables(text, names);
  let last = 0;
  let result = '';
  for (const match of text.matchAll(HOST)) {
    const {before = '', host = '', port = ''} = match.groups ?? {};
    const found = parse(host, names);
    if (found === undefined || found.to === host) continue;
    const start = match.index + before.length;
    const end = start + host.length;
    const certain = before.startsWith('://') || (port !== '' && before !== ':') || found.certain;
    const verdict = certain ? 'host' : alone({text, start, end, key, port}, found, names);
    if (verdict === 'unclear') ambiguous.push(host);
    if (verdict !== 'host') continue;
    result += text.slice(last, start) + found.to;
    last = end;
  }
  return {text: result + text.slice(last), ambiguous};
}

interface Parsed {
  readonly to: string;
  /** Its form leaves no doubt, wherever it stands. */
  readonly certain: boolean;
  /** Just the name, without namespace or pod. */
  readonly bare: boolean;
}

function parse(host: string, names: HostNames): Parsed | undefined {
  const labels = host.split('.');
  return podName(labels, names) ?? serviceName(labels, names);
}

/** The rest behind a Service's name: nothing, its namespace, or that and `.svc`. A namespace that is a variable is taken for it. */
function isHere(rest: readonly string[], {namespace}: HostName, {home}: HostNames): boolean {
  const [where, svc] = rest;
  if (where === undefined) return home === namespace;
  return (where === namespace || where.startsWith('$')) && (svc === undefined || svc === 'svc');
}

function serviceName([name, ...rest]: readonly string[], names: HostNames): Parsed | undefined {
  const found = names.services.find((one) => one.name === name && isHere(rest, one, names));
  return found && {to: [found.to, ...rest].join('.'), certain: rest[1] === 'svc', bare: rest.length === 0};
}

function podName([pod = '', name, ...rest]: readonly string[], names: HostNames): Parsed | undefined {
  const service = names.services.find((one) => one.name === name && isHere(rest, one, names));
  if (service === undefined) return undefined;
  const owners = names.pods.filter((one) => pod.startsWith(one.name) && POD.test(pod.slice(one.name.length)));
  // The longest: of `decode` and `decode-0`, the pod `decode-0-1` is the latter's.
  const [owner] = owners.sort((a, b) => b.name.length - a.name.length);
  const to = owner === undefined ? pod : owner.to + pod.slice(owner.name.length);
  return {to: [to, service.to, ...rest].join('.'), certain: owner !== undefined || pod.startsWith('$') || rest[1] === 'svc', bare: false};
}

interface Place {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly key: string | undefined;
  readonly port: string;
}

type Verdict = 'host' | 'word' | 'unclear';

const HOSTS =
  /^(host|hostname|addr|address|url|uri|endpoint|server|fqdn|dns|peer|upstream|backend|target|nameserver|seed|broker|router)e?s?$/u;
const WORDS = /^(role|mode|type|stage|kind|phase|component|tier|model|app|task|job|engine|profile)s?$/u;

/** A name that stands alone: as a whole value, or as an item of a list that is one. */
function alone(place: Place, {bare}: Parsed, {plainWords}: HostNames): Verdict {
  const key = keyOf(place);
  const host = place.text.slice(place.start, place.end);
  if (key === undefined || place.port !== '') return 'word';
  const last =
    key
      .replaceAll(/([a-z0-9])([A-Z])/gu, '$1_$2')
      .toLowerCase()
      .split(/[^a-z0-9]+/u)
      .findLast((part) => part !== '') ?? '';
  if (HOSTS.test(last) || !bare) return 'host';
  return WORDS.test(last) || plainWords.has(host) ? 'word' : 'unclear';
}

/** What the name is the value of: said in the string itself (`key: value`, `KEY=value`, `--key value`) or by whoever holds it. */
function keyOf({text, start, end, key}: Place): string | undefined {
  if (!/^["']?\s*($|[,;)}\]\n])/u.test(text.slice(end)) && !/^["']?\s/u.test(text.slice(end))) return undefined;
  let head = text.slice(0, start);
  while (/[,;]$/u.test(head)) head = head.replace(/[^\s=,;"']*[,;]$/u, '');
  const said =
    /(?:^|[\s,;{(["'])-{0,2}([A-Za-z_][\w.-]*)["']?\s*[=:]\s*["']?$/u.exec(head) ?? /(?:^|\s)--([A-Za-z_][\w.-]*)\s+["']?$/u.exec(head);
  if (said !== null) return said[1];
  const whole = head.trim() === '' && /^[^\s]*\s*$/u.test(text.slice(end));
  return whole ? (key ?? '') : undefined;
}

/** Variables that the kubelet makes of a Service hold the originals' address, whichever group the pod is in. */
function injectedVariables(text: string, {services}: HostNames): string[] {
  return services.flatMap(({name, to}) => {
    const variable = `${name.replaceAll('-', '_').toUpperCase()}_SERVICE_HOST`;
    return to !== name && new RegExp(String.raw`(^|[^A-Z0-9_])${variable}($|[^A-Z0-9_])`, 'u').test(text) ? [variable] : [];
  });
}
