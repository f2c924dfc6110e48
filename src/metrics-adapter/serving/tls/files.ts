/**
 * A certificate given as files, read again when they change. They are looked at every few seconds: watches of the file system do not see a
 * mounted Secret change, whose files are links to a folder that is exchanged.
 */
import {readFile} from 'node:fs/promises';
import {X509Certificate, createPrivateKey} from 'node:crypto';
import type {Clock} from '../../../runtime/clock.ts';
import type {Log} from '../../../runtime/log.ts';
import {messageOf} from '../../../runtime/errors.ts';
import type {KeyPair} from '../api-server.ts';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const LOOK_EVERY_MS = 5_000;

/** Throws when they cannot be read or do not belong together, as in the middle of an exchange. */
export async function readKeyPair({certFile, keyFile}: CertificateFiles): Promise<KeyPair> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error(`${keyFile} is not the key of ${certFile}`);
  return {cert, key};
}

/** Calls `use` with each pair that differs from `first`, until the signal aborts. A pair that cannot be used leaves the last one in place. */
export async function followKeyPair(
  files: CertificateFiles & {readonly first: KeyPair; readonly use: (pair: KeyPair) => void},
  {clock, log}: {readonly clock: Clock; readonly log: Log},
  signal: AbortSignal,
): Promise<void> {
  let used = files.first;
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    try {
      const pair = await readKeyPair(files);
      if (pair.cert === used.cert && pair.key === used.key) continue;
      used = pair;
      files.use(pair);
      log.info({certFile: files.certFile}, 'the certificate was read anew');
    } catch (error) {
      log.warn({certFile: files.certFile, error: messageOf(error)}, 'the certificate cannot be read; the last one stays in use');
    }
  }
}
