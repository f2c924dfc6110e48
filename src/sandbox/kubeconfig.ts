/** The administrator's kubeconfig. Pure. */
import {stringify} from 'yaml';

interface Access {
  readonly server: string;
  /** PEM texts. */
  readonly ca: string;
  readonly admin: {readonly cert: string; readonly key: string};
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export function kubeconfigText({server, ca, admin}: Access): string {
  const name = 'rsg-sandbox';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{name, cluster: {server, 'certificate-authority-data': base64(ca)}}],
    users: [{name, user: {'client-certificate-data': base64(admin.cert), 'client-key-data': base64(admin.key)}}],
    contexts: [{name, context: {cluster: name, user: name, namespace: 'default'}}],
    'current-context': name,
  });
}
