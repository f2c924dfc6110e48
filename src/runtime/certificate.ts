/** X.509 certificates of our own: a CA, and what it signs. ECDSA P-256. */
import 'reflect-metadata';
import {webcrypto} from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
} from '@peculiar/x509';

const USAGES = {server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2'} as const;
const ALGORITHM = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'} as const;

export interface Signed {
  /** PEM. */
  readonly cert: string;
  /** PKCS #8, PEM. */
  readonly key: string;
}

export interface Validity {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

export interface LeafOptions extends Validity {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly organizations?: readonly string[];
  readonly usages: readonly (keyof typeof USAGES)[];
}

/** A self-signed CA with a key of its own, or with that of `before`, so that what either has signed holds under both. */
export async function createCa(options: Validity & {readonly commonName: string}, before?: Signed): Promise<Signed> {
  const keys = before === undefined ? await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) : await keysOf(before);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{CN: [options.commonName]}],
    notBefore: new Date(options.from),
    notAfter: new Date(options.until),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {cert: pem(certificate.toString('pem')), key: await privateKeyPem(keys.privateKey)};
}

export async function createLeaf(ca: Signed, options: LeafOptions): Promise<Signed> {
  const issuer = new X509Certificate(ca.cert);
  const {privateKey: signingKey} = await keysOf(ca);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const names = [
    ...(options.dnsNames ?? []).map((value) => ({type: 'dns' as const, value})),
    ...(options.ipAddresses ?? []).map((value) => ({type: 'ip' as const, value})),
  ];
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(options.usages.map((usage) => USAGES[usage])),
    await AuthorityKeyIdentifierExtension.create(issuer),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
  ];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [...(options.organizations ?? []).map((name) => ({O: [name]})), {CN: [options.commonName]}],
    issuer: issuer.subject,
    notBefore: new Date(options.from),
    notAfter: new Date(options.until),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions,
  });
  return {cert: pem(certificate.toString('pem')), key: await privateKeyPem(keys.privateKey)};
}

/** 16 random bytes; positive, as RFC 5280 asks. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(Buffer.alloc(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}

async function keysOf({cert, key}: Signed): Promise<webcrypto.CryptoKeyPair> {
  const [der] = PemConverter.decode(key);
  if (der === undefined) throw new Error('the private key is no PEM');
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
  const publicKey = await webcrypto.subtle.importKey('spki', new X509Certificate(cert).publicKey.rawData, ALGORITHM, true, ['verify']);
  return {privateKey, publicKey};
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return pem(PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY'));
}

function pem(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
