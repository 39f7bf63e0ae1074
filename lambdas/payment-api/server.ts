import { IncomingMessage, ServerResponse } from 'node:http';
import { BodyReader, ClientGoneError } from '../runtime/http/body-reader';
import { GracefulServer } from '../runtime/http/graceful-server';
import { HttpProblem } from '../runtime/http/problem';
import { parseRequestTarget } from '../runtime/http/request-target';
import { Route, Router } from '../runtime/http/router';
import { Admission } from './admission';
import { ClientCredentials, Principal } from './authentication';
import { MAXIMUM_BATCH_BYTES } from './batch-body';
import { Answer, createExchange, ExchangeHandler, sendAnswer, sendProblem } from './exchange';
import { Intake } from './intake';
import { PaymentLookup } from './look-up';
import { PaymentApiPorts } from './ports';
import { MovementPoster, PayoutPoster } from './post-movements';
import { PaymentPoster } from './post-payments';

/** The payment API over HTTP/1.1. */
export interface PaymentApi {
  /**
   * @param port 0 lets the system choose
   * @param host @default - all addresses
   * @returns the port listened on
   */
  listen(port: number, host?: string): Promise<number>;

  /**
   * Stops in order: `/readyz` fails, no new connections are taken, requests under way are answered, and what was taken
   * for the stream is settled.
   *
   * @param noticeMilliseconds how long connections are still taken while `/readyz` fails. @default 0
   */
  drain(noticeMilliseconds?: number): Promise<void>;
}

interface Endpoint {
  readonly handler: ExchangeHandler;
  /** What its spans are called. @default - it has none */
  readonly name?: string;
  /** Whether anybody may ask. */
  readonly isPublic?: boolean;
}

const NOBODY: Principal = { client: '', scopes: new Set(), merchants: new Set() };

/** Makes the API of its ports. It does not listen yet. */
export function createPaymentApi(ports: PaymentApiPorts): PaymentApi {
  const intake = new Intake(ports);
  const admission = new Admission(ports);
  const poster = new PaymentPoster(ports, intake, admission);
  const lookup = new PaymentLookup(ports);
  const bodies = new BodyReader();
  const healthy = async (): Promise<Answer> => ({ status: 200, body: '{"status":"ok"}' });
  const ready = async (): Promise<Answer> => {
    if (server.isDraining) {
      throw new HttpProblem(503, { detail: 'The server is stopping.' }, { 'retry-after': '1' });
    }
    return healthy();
  };
  const routes: Route<Endpoint>[] = [
    { method: 'POST', path: '/payments', handler: { handler: poster.postOne } },
    { method: 'POST', path: '/payments:batch', handler: { handler: poster.postBatch } },
    { method: 'GET', path: '/merchants/{merchantId}/payments/{idempotencyKey}', handler: { handler: lookup.getPayment } },
    { method: 'GET', path: '/merchants/{merchantId}/balance', handler: { handler: lookup.getBalance } },
    { method: 'GET', path: '/healthz', handler: { handler: healthy, isPublic: true } },
    { method: 'GET', path: '/readyz', handler: { handler: ready, isPublic: true } },
  ];
  if (ports.holds) {
    const movements = new MovementPoster(intake, admission);
    routes.push(
      { method: 'POST', path: '/merchants/{merchantId}/holds', handler: { handler: movements.postHold } },
      { method: 'POST', path: '/merchants/{merchantId}/releases', handler: { handler: movements.postRelease } },
    );
  }
  if (ports.payouts !== undefined) {
    const payouts = new PayoutPoster(intake, admission, ports.payouts, ports.now ?? Date.now);
    routes.push({ method: 'POST', path: '/merchants/{merchantId}/payouts', handler: { handler: payouts.postPayout } });
  }
  const router = new Router(routes.map((route) => ({ ...route, handler: { ...route.handler, name: `${route.method} ${route.path}` } })));

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { segments, query } = parseRequestTarget(request.url ?? '/');
    const { handler: endpoint, parameters } = router.find(request.method ?? '', segments);
    if (endpoint.isPublic) {
      return endpoint.handler(createExchange(request, NOBODY, parameters, query, bodies));
    }
    const span = ports.tracer?.serve(endpoint.name, headerOf(request, 'traceparent'));
    const serve = async (): Promise<Answer> => {
      const principal = await ports.authenticate(credentialsOf(request), request.socket.remoteAddress ?? '');
      return endpoint.handler(createExchange(request, principal, parameters, query, bodies, span));
    };
    return span === undefined ? serve() : span.during(serve, serverFault);
  };

  const server = new GracefulServer(async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const result = await answer(request);
      sendAnswer(response, result, server.isDraining);
    } catch (error) {
      if (error instanceof ClientGoneError) {
        response.destroy();
        return;
      }
      if (!(error instanceof HttpProblem)) {
        ports.onUnexpectedError?.(error);
      }
      const problem = error instanceof HttpProblem ? error : new HttpProblem(500, { detail: 'The request failed for a reason of the server.' });
      sendProblem(response, problem, server.isDraining);
    }
  }, { maximumBodyBytes: MAXIMUM_BATCH_BYTES });

  return {
    listen: (port, host) => server.listen(port, host),
    drain: async (noticeMilliseconds) => {
      await server.drain(noticeMilliseconds);
      await ports.stream.drain();
      await ports.close?.();
    },
  };
}

function credentialsOf(request: IncomingMessage): ClientCredentials {
  return { authorization: request.headers.authorization, apiKey: headerOf(request, 'x-api-key') };
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** What a span tells of an error; what a client did wrong is no failure of the server. */
function serverFault(error: unknown): string | undefined {
  const status = error instanceof HttpProblem ? error.status : 500;
  return status >= 500 ? `answered ${status}` : undefined;
}
