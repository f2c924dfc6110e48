/** Field numbers of the API's messages, read from the `generated.proto` files of a Kubernetes source tree. */
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';

const FILES = [
  ...['core', 'apps', 'autoscaling', 'discovery', 'coordination', 'authentication', 'authorization'].map((group) => `api/${group}/v1`),
  'api/autoscaling/v2',
  'apimachinery/pkg/apis/meta/v1',
  'apiextensions-apiserver/pkg/apis/apiextensions/v1',
  'kube-aggregator/pkg/apis/apiregistration/v1',
];

interface MessageField {
  readonly name: string;
  /** Absolute, without the leading `k8s.io.`; empty for scalars. */
  readonly message: string;
  readonly number: number;
}

/** The path of numbers to a field; several where JSON shows the fields of an embedded message as the message's own. */
export type ProtoNumbers = (message: string, field: string) => readonly number[] | undefined;

export async function readProtoNumbers(source: string): Promise<ProtoNumbers> {
  const messages = new Map<string, readonly MessageField[]>();
  for (const folder of FILES) {
    const text = await readFile(join(source, 'staging/src/k8s.io', folder, 'generated.proto'), 'utf8');
    readMessages(folder.replaceAll('/', '.'), text, messages);
  }
  const find: ProtoNumbers = (message, field) => {
    const fields = messages.get(message) ?? [];
    const own = fields.find(({name}) => name === field || name === `_${field}`);
    if (own !== undefined) return [own.number];
    for (const embedded of fields) {
      // Embedded messages are named after their type.
      const type = embedded.message.split('.').at(-1)?.toLowerCase() ?? '';
      const isEmbedded = type !== '' && type.endsWith(embedded.name.toLowerCase());
      const inner = isEmbedded ? find(embedded.message, field) : undefined;
      if (inner !== undefined) return [embedded.number, ...inner];
    }
    return undefined;
  };
  return find;
}

function readMessages(scope: string, text: string, messages: Map<string, readonly MessageField[]>): void {
  for (const [, name = '', body = ''] of text.matchAll(/^message (\w+) \{\n(.*?)^\}/gmsu)) {
    const fields = body.matchAll(/^\s*(?:map<[^>]+>|(?:optional|repeated|required)\s+([\w.]+))\s+(\w+) = (\d+);/gmu);
    messages.set(
      `${scope}.${name}`,
      [...fields].map(([, type = '', field = '', number]) => ({name: field, message: absolute(scope, type), number: Number(number)})),
    );
  }
}

function absolute(scope: string, type: string): string {
  if (/^(string|bytes|bool|int32|int64|double|float)?$/u.test(type)) return '';
  const qualified = type
    .replace(/^\./u, '')
    .replace(/^k8s\.io\./u, '')
    .replaceAll('_', '-');
  return qualified.includes('.') ? qualified : `${scope}.${qualified}`;
}
