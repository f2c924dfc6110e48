/** CRDs of others, as small as tests need them: what the kinds are called, anything in them, status and scale. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parse} from 'yaml';

/** cert-manager's own where CERT_MANAGER_CRDS names the folder `deploy/crds` of its source, which are written for helm; stubs otherwise. */
export function certManagerCrds(): object[] {
  const folder = process.env['CERT_MANAGER_CRDS'] ?? '';
  return ['Issuer', 'Certificate'].map((kind) => {
    if (folder === '') return stubCrd('cert-manager.io', 'v1', kind);
    const text = readFileSync(join(folder, `crd-${kind.toLowerCase()}s.yaml`), 'utf8');
    const {metadata, ...crd} = parse(text.replaceAll(/^.*\{\{.*$/gmu, '')) as {metadata: {name: string}};
    return {...crd, metadata: {name: metadata.name}};
  });
}

export function stubCrd(group: string, version: string, kind: string): object {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {name: `${plural}.${group}`},
    spec: {
      group,
      scope: 'Namespaced',
      names: {kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List`},
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: {status: {}},
          schema: {openAPIV3Schema: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}},
        },
      ],
    },
  };
}
