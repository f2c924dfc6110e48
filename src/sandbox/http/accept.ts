/** Which of the forms that a client can read it gets. Pure. */
export type Form = 'object' | 'table' | 'metadata' | 'metadata-list' | 'yaml';

interface Clause {
  readonly type: string;
  readonly as: string | undefined;
  readonly version: string | undefined;
}

function parseAccept(header: string): Clause[] {
  return header.split(',').map((clause) => {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    const value = (name: string): string | undefined =>
      parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
    return {type: type.toLowerCase(), as: value('as'), version: value('v')};
  });
}

const FORMS: Readonly<Record<string, Form>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata-list',
};

/** The first that we can write. Clients that put protobuf first and have no second choice get JSON, which says so in its header. */
export function negotiate(header: string | undefined): Form {
  for (const {type, as, version} of parseAccept(header ?? '*/*')) {
    if (type === 'application/yaml' && as === undefined) return 'yaml';
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    if (as === undefined) return 'object';
    const form = FORMS[as];
    if (form !== undefined && version === 'v1') return form;
  }
  return 'object';
}

/** Whether the client reads all groups in one document. */
export function acceptsAggregatedDiscovery(header: string | undefined): boolean {
  return parseAccept(header ?? '').some(({as, version}) => as === 'APIGroupDiscoveryList' && version === 'v2');
}
