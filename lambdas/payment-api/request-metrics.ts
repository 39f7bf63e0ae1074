import { performance } from 'node:perf_hooks';
import { ClientGoneError } from '../runtime/http/body-reader';
import { HttpProblem } from '../runtime/http/problem';
import type { Counter, Histogram, MetricRegistry } from '../runtime/observability/metric-registry';

/** Hundreds of a status: 1xx to 5xx. */
const CLASSES = 5;
/** Of requests whose client went away, as proxies write it. */
const CLIENT_GONE = 499;
const REQUESTS = { name: 'http_requests_total', help: 'Requests that were answered, by route and by the hundreds of their status.' };
const DURATION = { name: 'http_request_duration_seconds', help: 'From the head of a request to its answer, in seconds.' };

/** What is known of the requests to one route. */
export class RouteMetrics {
  private readonly answered: readonly Counter[];

  public constructor(
    private readonly requests: RequestMetrics, registry: MetricRegistry, route: string, private readonly duration: Histogram | undefined,
  ) {
    this.answered = Array.from({ length: CLASSES }, (_, index) => registry.counter({ ...REQUESTS, labels: { route, status: `${index + 1}xx` } }));
  }

  /** @returns what its end is told with */
  public begin(): number {
    this.requests.inFlight++;
    return this.requests.now();
  }

  /**
   * @param since what `begin` gave
   * @param status of the answer
   */
  public end(since: number, status: number): void {
    this.requests.inFlight--;
    this.duration?.observe((this.requests.now() - since) / 1_000);
    this.count(status);
  }

  /** Counts a request that was refused before it began. */
  public count(status: number): void {
    this.answered[Math.floor(status / 100) - 1]?.add();
  }
}

/** Requests by route and status, those that are under way, and how long they take. Nothing is allocated for a request. */
export class RequestMetrics {
  /** Requests under way. */
  public inFlight = 0;
  /** Requests for what is not there. */
  public readonly unmatched: RouteMetrics;

  /** @param now milliseconds since any moment. @default - the monotonic clock of the process */
  public constructor(private readonly registry: MetricRegistry, public readonly now: () => number = () => performance.now()) {
    registry.gauge(
      { name: 'http_requests_in_flight', help: 'Requests that are not answered yet.' },
      () => [{ value: this.inFlight }],
    );
    this.unmatched = new RouteMetrics(this, registry, 'none', undefined);
  }

  /** @param route as its method and path, with names in braces for what differs */
  public route(route: string): RouteMetrics {
    return new RouteMetrics(this, this.registry, route, this.registry.histogram({ ...DURATION, labels: { route } }));
  }
}

/** Status with which a failed request is counted. */
export function statusOfError(error: unknown): number {
  return error instanceof HttpProblem ? error.status : error instanceof ClientGoneError ? CLIENT_GONE : 500;
}
