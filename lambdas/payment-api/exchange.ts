import { IncomingMessage, ServerResponse } from 'node:http';
import { BodyReader } from '../runtime/http/body-reader';
import { HttpProblem, PROBLEM_CONTENT_TYPE, problemJson } from '../runtime/http/problem';
import { RequestQuery } from '../runtime/http/request-target';
import { PathParameters } from '../runtime/http/router';
import type { ActiveSpan } from '../runtime/observability/tracer';
import { Principal } from './authentication';
import { sampledTrace } from './trace-context';

const JSON_CONTENT_TYPE = 'application/json';

/** What a request is about, as its request line says. */
export interface Target {
  readonly parameters: PathParameters;
  readonly query: RequestQuery;
}

/** One request and how to answer it. */
export interface Exchange extends Target {
  readonly principal: Principal;
  /** The trace that the request belongs to, where that is recorded. */
  readonly traceParent?: string;
  /** The request's own span, where spans are told. */
  readonly span?: ActiveSpan;
  /** Receives the body. @throws HttpProblem 413 when it is longer than that */
  readBody(maximumBytes: number): Promise<Buffer>;
}

export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers one kind of request. @throws HttpProblem */
export type ExchangeHandler = (exchange: Exchange) => Promise<Answer>;

/** @param onReceived is called once the body is there, if the handler wants it */
export function createExchange(
  request: IncomingMessage, principal: Principal, { parameters, query }: Target, bodies: BodyReader, span?: ActiveSpan, onReceived?: () => void,
): Exchange {
  return {
    principal,
    parameters,
    query,
    traceParent: sampledTrace(request.headers.traceparent),
    span,
    readBody: (maximumBytes) => bodies.read(request, maximumBytes, onReceived),
  };
}

/** Sends an answer. `close` asks the client to come back on another connection. */
export function sendAnswer(response: ServerResponse, { status, body, headers }: Answer, close: boolean): void {
  send(response, status, JSON_CONTENT_TYPE, body, headers, close);
}

export function sendProblem(response: ServerResponse, { status, details, headers }: HttpProblem, close: boolean): void {
  send(response, status, PROBLEM_CONTENT_TYPE, problemJson(status, details), headers, close);
}

function send(
  response: ServerResponse, status: number, contentType: string, body: string, headers: Readonly<Record<string, string>> = {}, close: boolean,
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
    ...(close ? { connection: 'close' } : undefined),
  });
  response.end(body);
}
