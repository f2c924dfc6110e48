/**
 * From a request for a metric to its answer: who, whether they may, what. Every HPA asks every few seconds for the same things over a few
 * connections, so what a URL means is worked out once, and all of it happens in one turn of the event loop while the API server's word is
 * known.
 */
import type {IncomingMessage} from 'node:http';
import type {Clock} from '../../runtime/clock.ts';
import type {Log} from '../../runtime/log.ts';
import {messageOf} from '../../runtime/errors.ts';
import type {MetricSource} from '../query.ts';
import {readRequest, type Ask} from './answer-request.ts';
import {readApiPath, type ApiRequest} from './api-path.ts';
import type {Authenticate} from './auth/authenticate.ts';
import type {Identity} from './auth/identity.ts';
import type {Decision, Reviews} from './auth/reviews.ts';
import type {ServingMetrics} from './serving-metrics.ts';
import {isFailure, type Failure} from './status.ts';

export interface HandlerDeps {
  readonly source: MetricSource;
  readonly authenticate: Authenticate;
  readonly reviews: Pick<Reviews, 'may'>;
  readonly metrics: ServingMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** JSON text, or why there is none. */
export type Answer = string | Failure;

export const NO_REQUEST: Failure = {code: 404, message: 'the server could not find the requested resource'};
export const NO_IDENTITY: Failure = {code: 401, message: 'Unauthorized'};

interface Parsed {
  readonly request: ApiRequest;
  readonly ask: Ask | Failure;
}

const MAX_PARSED = 8192;

/** Calls `done` exactly once for each request, most often before it returns. */
export function createMetricsHandler(deps: HandlerDeps): (raw: IncomingMessage, done: (answer: Answer) => void) => void {
  const {authenticate, metrics, clock, log} = deps;
  const parse = createParser();
  return (raw, done) => {
    const startedAt = clock.now();
    const what = parse(raw.url ?? '');
    const finish = (answer: Answer): void => {
      if (what !== undefined) {
        const door = what.request.api === 'external' ? 'external' : 'custom';
        metrics.answered(door, what.request.metric, typeof answer === 'string' ? '200' : String(answer.code));
        metrics.took(door, (clock.now() - startedAt) / 1000);
      }
      done(answer);
    };
    const identity = authenticate(raw);
    const answer = identity instanceof Promise ? identity.then((known) => authorise(known, what, deps)) : authorise(identity, what, deps);
    if (!(answer instanceof Promise)) {
      finish(answer);
      return;
    }
    answer.then(finish, (error: unknown) => {
      log.warn({error: messageOf(error)}, 'a request could not be checked');
      finish({code: 503, message: `the API server did not say whether this request is allowed: ${messageOf(error)}`});
    });
  };
}

function authorise(identity: Identity | undefined, what: Parsed | undefined, {reviews, source}: HandlerDeps): Answer | Promise<Answer> {
  if (identity === undefined) return NO_IDENTITY;
  if (what === undefined) return NO_REQUEST;
  const {attributes} = what.request;
  const decide = ({allowed, reason}: Decision): Answer => {
    if (!allowed) return {code: 403, message: forbidden(identity.user, attributes, reason)};
    return isFailure(what.ask) ? what.ask : what.ask(source);
  };
  const decision = reviews.may(identity, attributes);
  return decision instanceof Promise ? decision.then(decide) : decide(decision);
}

function createParser(): (url: string) => Parsed | undefined {
  const parsed = new Map<string, Parsed | undefined>();
  return (url) => {
    const known = parsed.get(url);
    if (known !== undefined) return known;
    const [path, query] = splitUrl(url);
    const request = readApiPath(path);
    if (request === undefined) return undefined;
    const result = {request, ask: readRequest(request, new URLSearchParams(query))};
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(url, result);
    return result;
  };
}

function forbidden(user: string, attributes: ApiRequest['attributes'], reason: string): string {
  const {verb, group, namespace, resource, subresource} = attributes;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const why = reason === '' ? '' : `: ${reason}`;
  return `User "${user}" cannot ${verb} resource "${what}" in API group "${group}" in the namespace "${namespace}"${why}`;
}

/** Path and query. */
export function splitUrl(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
