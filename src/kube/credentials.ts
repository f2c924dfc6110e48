/**
 * Credentials as KubeConfig supplies them: files, tokens, exec plugins. Its answer is kept for ten seconds. The agents, each with its
 * connections, are only made anew when the TLS material has changed.
 */
import {Agent, type AgentOptions, type RequestOptions} from 'node:https';
import type {OutgoingHttpHeaders} from 'node:http';
import {createSecureContext} from 'node:tls';
import type {KubeConfig} from '@kubernetes/client-node';
import type {Clock} from '../runtime/clock.ts';
import {messageOf} from '../runtime/errors.ts';
import {KubeError} from './errors.ts';

const FRESH_MS = 10_000;
const TLS_KEYS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

export interface Credentials {
  readonly headers: OutgoingHttpHeaders;
  /** `user:password` of a user that has one, for a proxy that asks for it. */
  readonly auth: string | undefined;
  /** For calls. */
  readonly calls: Agent;
  /** For watches, which would otherwise take the calls' connections away. */
  readonly watches: Agent;
}

export interface CredentialSource {
  /** Rejects with `Unauthorized` when they cannot be had. */
  current(): Promise<Credentials>;
  /** After the server refused them: the next caller reads them again. */
  expire(): void;
  /** After a connection died silently: the others that are idle may be as dead. */
  dropIdle(): void;
  close(): void;
}

export function createCredentials(
  {config, maxSockets}: {config: KubeConfig; maxSockets: number},
  {clock}: {clock: Clock},
): CredentialSource {
  let known: (Credentials & {readonly material: string}) | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const tls: AgentOptions = Object.fromEntries(TLS_KEYS.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])));
    const material = JSON.stringify(tls);
    const changed = material !== known?.material;
    const agents = changed || known === undefined ? agentsOf(tls, maxSockets) : known;
    if (changed && known !== undefined) [known.calls, known.watches].forEach(retire);
    known = {
      material,
      headers: Object.fromEntries(Object.entries(options.headers ?? {})),
      auth: options.auth ?? undefined,
      calls: agents.calls,
      watches: agents.watches,
    };
    readAt = clock.monotonic();
  };

  return {
    current: async () => {
      if (known === undefined || clock.monotonic() - readAt > FRESH_MS) {
        reading ??= read().finally(() => {
          reading = undefined;
        });
        await reading.catch((error: unknown) => {
          throw new KubeError(`no credentials: ${messageOf(error)}`, {code: 'Unauthorized', status: 0, cause: error});
        });
      }
      if (known === undefined) throw new KubeError('no credentials', {code: 'Unauthorized', status: 0});
      return known;
    },
    expire: () => {
      readAt = Number.NEGATIVE_INFINITY;
    },
    dropIdle: () => {
      if (known !== undefined) destroyIdle(known.calls);
    },
    close: () => {
      known?.calls.destroy();
      known?.watches.destroy();
    },
  };
}

/** All connections share what was read from the certificates: it takes longer than a handshake, and many connections begin at once. */
function agentsOf(tls: AgentOptions, maxSockets: number): Pick<Credentials, 'calls' | 'watches'> {
  const options = {...tls, secureContext: createSecureContext(tls), keepAlive: true};
  return {calls: new Agent({...options, scheduling: 'lifo', maxSockets}), watches: new Agent(options)};
}

/** What is in flight ends as it began; no connection is kept after it. */
function retire(agent: Agent): void {
  agent.maxFreeSockets = 0;
  destroyIdle(agent);
}

function destroyIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
