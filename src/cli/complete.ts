/** `__complete WORDS…`: candidates, one a line, then `:4`, as kubectl reads them from `kubectl_complete-rsg`. Silent where the cluster is. */
import type {ResourceType} from '../api/objects.ts';
import {LABELS, RSG_TYPE} from '../api/labels.ts';
import {parseRsg} from '../api/schema.ts';
import type {KubeClient} from '../kube/client.ts';
import {readArguments} from './arguments.ts';
import {isCommand} from './commands.ts';
import {wishFor, type Wish} from './completion.ts';
import {EXIT, type ExitCode} from './exit.ts';
import type {Io} from './io.ts';

/** Cobra's `ShellCompDirectiveNoFileComp`. */
const NO_FILES = ':4';

export async function complete(words: readonly string[], io: Io): Promise<ExitCode> {
  const wish = wishFor(words);
  const found = wish.kind === 'words' ? wish.words : await fromCluster(wish.kind, words, io).catch(() => []);
  const typed = words.at(-1) ?? '';
  io.stdout.write(`${[...found.filter((word) => word.startsWith(typed)), NO_FILES].join('\n')}\n`);
  return EXIT.ok;
}

async function fromCluster(kind: Exclude<Wish['kind'], 'words'>, words: readonly string[], io: Io): Promise<string[]> {
  const [command] = words;
  if (!isCommand(command)) return [];
  const {openSession} = await import('./session.ts');
  // As far as it is typed, with what is still missing made up.
  const args = readArguments(command, [...words.slice(1, -1).filter((word) => word !== ''), 'typed'].slice(0, 20));
  const session = openSession(args, io);
  try {
    const {client, namespace} = session;
    if (kind === 'namespace')
      return await namesOf(client, {group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false});
    if (kind === 'rsg') return await namesOf(client, RSG_TYPE, namespace);
    if (kind === 'group') {
      const read = parseRsg(await client.get({type: RSG_TYPE, namespace, name: args.positionals[0] ?? ''}, io.signal));
      return 'rsg' in read ? (read.rsg.status.groups ?? []).map(({id}) => id) : [];
    }
    const workloads = ['Deployment', 'StatefulSet'].map(async (one) => {
      const lower = one.toLowerCase();
      const type = {group: 'apps', version: 'v1', kind: one, plural: `${lower}s`, namespaced: true};
      return (await namesOf(client, type, namespace)).map((name) => `${lower}/${name}`);
    });
    return (await Promise.all(workloads)).flat();
  } finally {
    session.close();
  }
}

async function namesOf(client: KubeClient, type: ResourceType, namespace?: string): Promise<string[]> {
  const {items} = await client.list({type, namespace, metadataOnly: true});
  // A clone is no target.
  return items.filter(({metadata}) => metadata.labels?.[LABELS.rsgUid] === undefined).map(({metadata}) => metadata.name);
}
