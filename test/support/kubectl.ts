/** The two ways in which tests speak to an API server: the real kubectl, and a plain GET where starting a program would be slow. */
import {spawn} from 'node:child_process';
import {request} from 'node:https';
import {text} from 'node:stream/consumers';
import {outcomeOf, type Outcome} from './outcome.ts';

export interface Credentials {
  readonly url: string;
  /** PEM text. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface KubectlOptions {
  readonly stdin: string;
  /** kubectl caches discovery by address, and the next cluster may get the same port: each has a cache of its own. */
  readonly cacheDirectory: string;
  /** Beside those of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

export async function runKubectl(program: string, args: readonly string[], options: KubectlOptions): Promise<Outcome> {
  const child = spawn(program, args, {
    timeout: 90_000,
    env: {...process.env, ...options.env, KUBECACHEDIR: options.cacheDirectory, KUBECONFIG: ''},
  });
  // A kubectl that fails early closes its end; what it says on stderr is the news, not the broken pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin);
  return await outcomeOf(child);
}

export async function apiGet(admin: Credentials, path: string): Promise<{readonly status: number; readonly body: string}> {
  const {url, ca, cert, key} = admin;
  return await new Promise((resolve, reject) => {
    const call = request(new URL(path, url), {ca, cert, key, agent: false, timeout: 10_000}, (response) => {
      text(response).then((body) => {
        resolve({status: response.statusCode ?? 0, body});
      }, reject);
    });
    call.on('timeout', () => call.destroy(new Error(`GET ${path} timed out`)));
    call.on('error', reject);
    call.end();
  });
}
