/** One object, in the form that the client asked for. */
import type {KubeObject} from '../../api/objects.ts';
import type {Kind} from '../kinds/kind.ts';
import {negotiate} from './accept.ts';
import {sendJson, type Call} from './call.ts';
import {includeObjectOf, partialMetadata, table} from './render.ts';

export function sendObject(
  {kind, status = 200}: {kind: Kind; status?: number},
  object: KubeObject,
  {call, now}: {call: Call; now: number},
): void {
  const form = negotiate(call.headers.accept);
  if (form === 'metadata' || form === 'metadata-list') sendJson(call.response, status, partialMetadata(object));
  else if (form === 'table') {
    const metadata = {resourceVersion: object.metadata.resourceVersion ?? ''};
    sendJson(call.response, status, table(kind, [object], {now, includeObject: includeObjectOf(call.query), metadata}));
  } else sendJson(call.response, status, object);
}
