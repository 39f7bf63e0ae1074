import { IncomingMessage, ServerResponse } from 'node:http';
import type { GracefulGrpcServer } from '../runtime/grpc/graceful-grpc-server';
import { BodyReader, ClientGoneError } from '../runtime/http/body-reader';
import { GracefulServer } from '../runtime/http/graceful-server';
import { HealthServer } from '../runtime/http/health-server';
import { HttpProblem } from '../runtime/http/problem';
import { parseRequestTarget } from '../runtime/http/request-target';
import { Route, Router } from '../runtime/http/router';
import type { ActiveSpan } from '../runtime/observability/tracer';
import type { Criticality } from '../runtime/resilience/load-shedder';
import { Admission } from './admission';
import { ClientCredentials, Principal } from './authentication';
import { MAXIMUM_BATCH_BYTES } from './batch-body';
import { Answer, createExchange, ExchangeHandler, sendAnswer, sendProblem, Target } from './exchange';
import { createGrpcFront } from './grpc-front';
import { Intake } from './intake';
import { PaymentLookup } from './look-up';
import { PaymentApiPorts } from './ports';
import { MovementPoster, PayoutPoster } from './post-movements';
import { PaymentPoster } from './post-payments';
import { RequestMetrics, type RouteMetrics, statusOfError } from './request-metrics';

/** The payment API over HTTP/1.1 and, for services inside the cluster, gRPC. */
export interface PaymentApi {
  /**
   * @param port 0 lets the system choose
   * @param host @default - all addresses
   * @returns the port listened on
   */
  listen(port: number, host?: string): Promise<number>;

  /**
   * Takes payments over gRPC as well, by the same rules and limits: payment/v1/payment_service.proto. At most once.
   *
   * @param port 0 lets the system choose
   * @returns the port listened on
   */
  listenGrpc(port: number, options?: GrpcListenOptions): Promise<number>;

  /**
   * Shows what the process counts, at `GET /metrics` of a port of its own: clients have no way to it. At most once.
   *
   * @param port 0 lets the system choose
   * @returns the port listened on
   * @throws Error without a registry among the ports
   */
  listenMetrics(port: number, host?: string): Promise<number>;

  /**
   * Stops in order: `/readyz` and the health of gRPC fail, no new connections are taken, requests under way are answered, and what was taken
   * for the stream is settled.
   *
   * @param noticeMilliseconds how long connections are still taken while `/readyz` fails. @default 0
   */
  drain(noticeMilliseconds?: number): Promise<void>;
}

export interface GrpcListenOptions {
  /** @default 0.0.0.0 */
  readonly host?: string;
  /** After how many seconds a connection is to be made anew, so that load spreads. From 1 to 86400. @default 300 */
  readonly connectionSeconds?: number;
}

interface Endpoint {
  readonly handler: ExchangeHandler;
  /** Whether anybody may ask. */
  readonly isPublic?: boolean;
  /** How bad it is when it is refused for too much load; what is public never is. @default 'criticalPlus' */
  readonly criticality?: Criticality;
}

/** An endpoint as it is found. */
interface FoundEndpoint extends Endpoint {
  /** What its spans and figures are called. */
  readonly name: string;
  /** None where its requests are not counted, as those of probes. */
  readonly metrics: RouteMetrics | undefined;
}

const NOBODY: Principal = { client: '', scopes: new Set(), merchants: new Set() };

/** Makes the API of its ports. It does not listen yet. */
export function createPaymentApi(ports: PaymentApiPorts): PaymentApi {
  const intake = new Intake(ports);
  const admission = new Admission(ports);
  const poster = new PaymentPoster(ports, intake, admission);
  const lookup = new PaymentLookup(ports);
  const bodies = new BodyReader();
  const now = ports.now ?? Date.now;
  const healthy = async (): Promise<Answer> => ({ status: 200, body: '{"status":"ok"}' });
  const ready = async (): Promise<Answer> => {
    if (server.isDraining) {
      throw new HttpProblem(503, { detail: 'The server is stopping.' }, { 'retry-after': '1' });
    }
    return healthy();
  };
  const routes: Route<Endpoint>[] = [
    { method: 'POST', path: '/payments', handler: { handler: poster.postOne } },
    { method: 'POST', path: '/payments:batch', handler: { handler: poster.postBatch, criticality: 'critical' } },
    { method: 'GET', path: '/merchants/{merchantId}/payments/{idempotencyKey}', handler: { handler: lookup.getPayment, criticality: 'sheddablePlus' } },
    { method: 'GET', path: '/merchants/{merchantId}/balance', handler: { handler: lookup.getBalance, criticality: 'sheddablePlus' } },
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
    const payouts = new PayoutPoster(intake, admission, ports.payouts, now);
    routes.push({ method: 'POST', path: '/merchants/{merchantId}/payouts', handler: { handler: payouts.postPayout } });
  }
  const metrics = ports.registry && new RequestMetrics(ports.registry);
  const router = new Router<FoundEndpoint>(routes.map(({ handler, method, path }) => {
    const name = `${method} ${path}`;
    return { method, path, handler: { ...handler, name, metrics: handler.isPublic ? undefined : metrics?.route(name) } };
  }));

  const serve = async (request: IncomingMessage, { handler, criticality = 'criticalPlus' }: Endpoint, target: Target, span?: ActiveSpan): Promise<Answer> => {
    const who = ports.authenticate(credentialsOf(request), request.socket.remoteAddress ?? '');
    const principal = who instanceof Promise ? await who : who;
    // Only for somebody who is known: whoever is let in keeps a place while the body comes, which may take its time.
    admission.enter(criticality);
    let since = request.method === 'POST' ? undefined : now();
    let isDropped = false;
    try {
      return await handler(createExchange(request, principal, target, bodies, span, () => { since = now(); }));
    } catch (error) {
      // That a store of reads does not answer is no reason to take fewer payments.
      isDropped = criticality !== 'sheddablePlus' && error instanceof HttpProblem && error.status === 503;
      throw error;
    } finally {
      admission.leave(since === undefined ? 0 : now() - since, isDropped);
    }
  };
  const find = (request: IncomingMessage): { readonly endpoint: FoundEndpoint; readonly target: Target } => {
    try {
      const { segments, query } = parseRequestTarget(request.url ?? '/');
      const { handler, parameters } = router.find(request.method ?? '', segments);
      return { endpoint: handler, target: { parameters, query } };
    } catch (error) {
      metrics?.unmatched.count(statusOfError(error));
      throw error;
    }
  };
  const answer = (request: IncomingMessage, endpoint: FoundEndpoint, target: Target): Promise<Answer> => {
    if (endpoint.isPublic) {
      return endpoint.handler(createExchange(request, NOBODY, target, bodies));
    }
    const span = ports.tracer?.serve(endpoint.name, headerOf(request, 'traceparent'));
    return span === undefined ? serve(request, endpoint, target) : span.during(() => serve(request, endpoint, target, span), serverFault);
  };

  const server = new GracefulServer(async (request: IncomingMessage, response: ServerResponse) => {
    let route: RouteMetrics | undefined;
    let begun = 0;
    try {
      const { endpoint, target } = find(request);
      begun = endpoint.metrics?.begin() ?? 0;
      route = endpoint.metrics;
      const result = await answer(request, endpoint, target);
      sendAnswer(response, result, server.isDraining);
      route?.end(begun, result.status);
    } catch (error) {
      route?.end(begun, statusOfError(error));
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

  let grpc: GracefulGrpcServer | undefined;
  let shown: HealthServer | undefined;
  return {
    listen: (port, host) => server.listen(port, host),
    listenGrpc: async (port, { host, connectionSeconds } = {}) => {
      const front = await createGrpcFront(ports, intake, admission, { connectionSeconds, metrics });
      grpc = front;
      return front.listen(port, host);
    },
    listenMetrics: async (port, host) => {
      const { registry } = ports;
      if (registry === undefined) {
        throw new Error('`registry` must be among the ports of an API that shows what it counts, got: none');
      }
      const health = { isAlive: true, get isReady() { return !server.isDraining; } };
      shown = new HealthServer(health, { metrics: () => registry.expose() });
      return shown.listen(port, host);
    },
    drain: async (noticeMilliseconds) => {
      await Promise.all([server.drain(noticeMilliseconds), grpc?.drain(noticeMilliseconds)]);
      await ports.stream.drain();
      await ports.close?.();
      // Last: until then somebody may look at how it ends.
      await shown?.close();
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
