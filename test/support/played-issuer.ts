/**
 * What cert-manager and a kubelet do with the chart's Certificate: it becomes a Secret, the Secret files that are exchanged as a whole, and
 * its CA the `caBundle` of the APIServices that ask for it.
 */
import {X509Certificate} from 'node:crypto';
import {mkdir, rename, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {createCa, createLeaf} from '../../src/runtime/certificate.ts';
import type {ControlPlane} from './control-plane.ts';

const DAY_MS = 86_400_000;
const INJECT = 'cert-manager.io/inject-ca-from';

const certificateSchema = z.object({
  spec: z.object({
    secretName: z.string(),
    dnsNames: z.array(z.string()).min(1),
    issuerRef: z.object({kind: z.literal('Issuer'), name: z.string()}),
  }),
});
const secretSchema = z.object({data: z.record(z.string(), z.string())});
const apiServices = z.object({
  items: z.array(z.object({metadata: z.object({name: z.string(), annotations: z.record(z.string(), z.string()).default({})})})),
});

export interface PlayedIssuer {
  /** Where the Secret is mounted. */
  readonly folder: string;
  /** A new CA and a new certificate; answers the SHA-256 fingerprint of the certificate once it is where it belongs. */
  issue(): Promise<string>;
}

export function playedIssuer(cluster: ControlPlane, namespace: string, certificate: string): PlayedIssuer {
  const folder = join(cluster.directory, `mounted-${certificate}`);
  const get = async (...what: string[]): Promise<unknown> =>
    JSON.parse(await cluster.kubectlOk('get', ...what, '-n', namespace, '-o', 'json'));
  let issued = 0;
  return {
    folder,
    issue: async () => {
      issued += 1;
      const {secretName, dnsNames, issuerRef} = certificateSchema.parse(await get('certificates.cert-manager.io', certificate)).spec;
      await get('issuers.cert-manager.io', issuerRef.name);
      const validity = {from: Date.now() - DAY_MS, until: Date.now() + DAY_MS};
      const ca = await createCa({commonName: `issuer-${String(issued)}`, ...validity});
      const leaf = await createLeaf(ca, {commonName: certificate, dnsNames, usages: ['server'], ...validity});
      await cluster.apply({
        ...{apiVersion: 'v1', kind: 'Secret', metadata: {name: secretName, namespace}, type: 'kubernetes.io/tls'},
        stringData: {'tls.crt': leaf.cert, 'tls.key': leaf.key, 'ca.crt': ca.cert},
      });
      await mount(folder, String(issued), secretSchema.parse(await get('secret', secretName)).data);
      await inject(cluster, `${namespace}/${certificate}`, ca.cert);
      return new X509Certificate(leaf.cert).fingerprint256;
    },
  };
}

/** As a kubelet does it: the files are links into a folder, itself a link, which is replaced in one step. */
async function mount(folder: string, version: string, data: Readonly<Record<string, string>>): Promise<void> {
  const current = join(folder, `..${version}`);
  await mkdir(current, {recursive: true});
  for (const [name, text] of Object.entries(data)) {
    await writeFile(join(current, name), Buffer.from(text, 'base64'));
    await symlink(join('..data', name), join(folder, name)).catch(() => undefined);
  }
  await symlink(`..${version}`, join(folder, '..next'));
  await rename(join(folder, '..next'), join(folder, '..data'));
}

async function inject(cluster: ControlPlane, from: string, ca: string): Promise<void> {
  const {items} = apiServices.parse(JSON.parse(await cluster.kubectlOk('get', 'apiservices', '-o', 'json')));
  const patch = JSON.stringify({spec: {caBundle: Buffer.from(ca).toString('base64')}});
  for (const {metadata} of items)
    if (metadata.annotations[INJECT] === from) await cluster.kubectlOk('patch', 'apiservice', metadata.name, '--type=merge', '-p', patch);
}
