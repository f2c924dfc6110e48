/**
 * Whom the cluster trusts to name users: ConfigMap kube-system/extension-apiserver-authentication, where kube-apiserver publishes its own
 * flags. Pure.
 */
import type {X509Certificate} from 'node:crypto';
import {z} from 'zod';
import {asObject, strings} from '../../../api/json.ts';
import type {KubeObject} from '../../../api/objects.ts';
import {certificatesOf} from './chain.ts';

export interface Trust {
  /** Certificates of this CA may name users in headers. */
  readonly requestHeaderCas: readonly X509Certificate[];
  /** Common names that may; empty: any. */
  readonly allowedNames: readonly string[];
  /** Names of headers, lower case. */
  readonly userHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly extraPrefixes: readonly string[];
  /** Certificates of this CA are users themselves. */
  readonly clientCas: readonly X509Certificate[];
}

/** Nobody: what holds until the ConfigMap has been read, and while it is missing. */
export const NO_TRUST: Trust = {
  requestHeaderCas: [],
  allowedNames: [],
  userHeaders: [],
  groupHeaders: [],
  uidHeaders: [],
  extraPrefixes: [],
  clientCas: [],
};

/** Lists are JSON in strings. One that cannot be read means trust in nobody by headers, never in everybody. */
export function trustOf(configMap: KubeObject | undefined): Trust {
  const data = strings(asObject(configMap?.['data']));
  const clientCas = certificatesOf(data['client-ca-file'] ?? '');
  const allowedNames = listOf(data['requestheader-allowed-names'] ?? '[]');
  if (allowedNames === undefined) return {...NO_TRUST, clientCas};
  const headers = (key: string, fallback: readonly string[] = []): string[] =>
    (listOf(data[`requestheader-${key}`]) ?? fallback).map((name) => name.toLowerCase());
  return {
    requestHeaderCas: certificatesOf(data['requestheader-client-ca-file'] ?? ''),
    allowedNames,
    userHeaders: headers('username-headers', ['x-remote-user']),
    groupHeaders: headers('group-headers', ['x-remote-group']),
    uidHeaders: headers('uid-headers'),
    extraPrefixes: headers('extra-headers-prefix', ['x-remote-extra-']),
    clientCas,
  };
}

function listOf(json: string | undefined): string[] | undefined {
  if (json === undefined) return undefined;
  try {
    return z.array(z.string()).parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}
