/** The address and the client certificate in a kubeconfig. */
import {KubeConfig} from '@kubernetes/client-node';
import type {Credentials} from './kubectl.ts';

const decode = (data: string | undefined): string => Buffer.from(data ?? '', 'base64').toString('utf8');

export function credentialsOf(kubeconfig: string): Credentials {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  return {url: cluster?.server ?? '', ca: decode(cluster?.caData), cert: decode(user?.certData), key: decode(user?.keyData)};
}
