/** Certificates of a throwaway control plane, made by openssl: two CAs, a server, and one client certificate per component. */
import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

const SERVER_NAMES = 'subjectAltName=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1';
const CLIENT = 'extendedKeyUsage=clientAuth';
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

interface Leaf {
  readonly name: string;
  readonly ca: string;
  readonly subject: string;
  readonly extensions: string;
}

const LEAVES: readonly Leaf[] = [
  {name: 'apiserver', ca: 'ca', subject: '/CN=kube-apiserver', extensions: SERVER_NAMES},
  {name: 'front-proxy-client', ca: 'front-proxy-ca', subject: '/CN=front-proxy-client', extensions: CLIENT},
  {name: 'admin', ca: 'ca', subject: '/O=system:masters/CN=admin', extensions: CLIENT},
  {name: 'kcm', ca: 'ca', subject: '/CN=system:kube-controller-manager', extensions: CLIENT},
  {name: 'scheduler', ca: 'ca', subject: '/CN=system:kube-scheduler', extensions: CLIENT},
];

/** Writes `NAME.crt` and `NAME.key` for each into `directory`, and `sa.key`, which signs service account tokens. */
export async function writePki(directory: string): Promise<void> {
  const openssl = async (...args: string[]): Promise<void> => {
    await run('openssl', args, {cwd: directory, timeout: 30_000});
  };
  await Promise.all([
    certificateAuthority(openssl, 'ca', 'kubernetes'),
    certificateAuthority(openssl, 'front-proxy-ca', 'front-proxy-ca'),
    openssl('genrsa', '-out', 'sa.key', '2048'),
  ]);
  await Promise.all(LEAVES.map((leaf) => sign(openssl, directory, leaf)));
}

type Openssl = (...args: string[]) => Promise<void>;

async function certificateAuthority(openssl: Openssl, name: string, subject: string): Promise<void> {
  await openssl('req', '-x509', ...EC_KEY, '-days', '30', '-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${subject}`);
}

async function sign(openssl: Openssl, directory: string, leaf: Leaf): Promise<void> {
  const {name, ca} = leaf;
  await writeFile(join(directory, `${name}.ext`), leaf.extensions);
  await openssl('req', ...EC_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', leaf.subject);
  const issuer = ['-CA', `${ca}.crt`, '-CAkey', `${ca}.key`, '-set_serial', String(1000 + LEAVES.indexOf(leaf))];
  await openssl('x509', '-req', '-in', `${name}.csr`, ...issuer, '-days', '30', '-out', `${name}.crt`, '-extfile', `${name}.ext`);
}
