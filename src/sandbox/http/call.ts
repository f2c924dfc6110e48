/** One HTTP request as the handlers see it, and how they answer. */
import type {IncomingHttpHeaders, IncomingMessage, ServerResponse} from 'node:http';
import {parse as parseYaml} from 'yaml';
import {asObject, type Json} from '../../api/json.ts';
import {messageOf} from '../../runtime/errors.ts';
import {ApiError} from '../api-error.ts';
import {decodeMessage, PROTOBUF, readEnvelope} from '../protobuf/decode.ts';
import type {Definitions} from '../schema/definitions.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly user: User;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client is gone or the server closes. */
  readonly signal: AbortSignal;
}

const MAX_BODY = 3 * 1024 * 1024;

export function sendJson(response: ServerResponse, status: number, body: object, contentType = 'application/json'): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {'content-type': contentType, 'content-length': Buffer.byteLength(text)});
  response.end(text);
}

export function sendError(response: ServerResponse, error: ApiError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  sendJson(response, error.code, error.toStatus());
}

export async function readBytes(call: Call): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of call.request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_BODY) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${String(MAX_BODY)}`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

export async function readText(call: Call): Promise<string> {
  return (await readBytes(call)).toString('utf8');
}

/** The media type alone. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

const ACCEPTED = ['application/json', 'application/yaml'];

export function unsupportedMediaType(accepted: readonly string[], note = ''): ApiError {
  const text = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError('UnsupportedMediaType', note === '' ? text : `${text} (${note})`);
}

/** How a kind looks in protobuf; undefined for custom resources, which have no such form. */
export interface ProtobufForm {
  readonly definitions: Definitions;
  readonly name: string;
}

/** The object in the request's body, in JSON, YAML or protobuf. */
export async function readObject(call: Call, form: ProtobufForm | undefined): Promise<Json> {
  const bytes = await readBytes(call);
  const type = mediaType(call.headers['content-type']);
  if (type === PROTOBUF && form !== undefined) return fromProtobuf(bytes, form);
  return parseObject(bytes.toString('utf8'), type);
}

function fromProtobuf(bytes: Buffer, {definitions, name}: ProtobufForm): Json {
  try {
    const {apiVersion, kind, raw} = readEnvelope(bytes);
    return {...decodeMessage(definitions, definitions.get(name), raw), apiVersion, kind};
  } catch (error) {
    throw unrecognized(error);
  }
}

const unrecognized = (error: unknown): ApiError => new ApiError('BadRequest', `the object provided is unrecognized: ${messageOf(error)}`);

function parseObject(text: string, type: string): Json {
  if (type !== '' && !ACCEPTED.includes(type)) throw unsupportedMediaType(ACCEPTED);
  let value: unknown;
  try {
    value = type === 'application/yaml' ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    throw unrecognized(error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unrecognized('it is no JSON object');
  return asObject(value);
}

/** Shown by kubectl before its result. */
export function warn(response: ServerResponse, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  response.appendHeader(
    'warning',
    warnings.map((text) => `299 - "${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`),
  );
}
