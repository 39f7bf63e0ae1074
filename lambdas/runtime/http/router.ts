import { HttpProblem } from './problem';

/** Values of the path's parameters by their names. */
export type PathParameters = Readonly<Record<string, string>>;

export interface Route<Handler> {
  readonly method: 'GET' | 'POST';
  /** Like `/merchants/{merchantId}/balance`; a name in braces stands for one segment. */
  readonly path: string;
  readonly handler: Handler;
}

interface CompiledRoute<Handler> {
  readonly method: string;
  readonly segments: readonly { readonly literal?: string; readonly parameter: string }[];
  readonly handler: Handler;
}

/** Finds the handler of a request among a few routes. */
export class Router<Handler> {
  private readonly routes: readonly CompiledRoute<Handler>[];

  public constructor(routes: readonly Route<Handler>[]) {
    this.routes = routes.map(({ method, path, handler }) => ({
      method,
      handler,
      segments: path.slice(1).split('/').map((segment) => (
        segment.startsWith('{') ? { parameter: segment.slice(1, -1) } : { literal: segment, parameter: '' }
      )),
    }));
  }

  /**
   * HEAD finds the handler of GET; the server leaves the body out.
   *
   * @throws HttpProblem 404 when no route has the path, 405 when none of those has the method
   */
  public find(method: string, segments: readonly string[]): { readonly handler: Handler; readonly parameters: PathParameters } {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const allowed: string[] = [];
    for (const route of this.routes) {
      if (matches(route, segments)) {
        if (route.method === wanted) {
          return { handler: route.handler, parameters: parametersOf(route, segments) };
        }
        allowed.push(route.method === 'GET' ? 'GET, HEAD' : route.method);
      }
    }
    if (allowed.length === 0) {
      throw new HttpProblem(404, { detail: 'There is no such resource.' });
    }
    throw new HttpProblem(405, { detail: 'The resource does not support the method.' }, { allow: allowed.join(', ') });
  }
}

function matches<Handler>(route: CompiledRoute<Handler>, segments: readonly string[]): boolean {
  return route.segments.length === segments.length
    && route.segments.every(({ literal }, index) => literal === undefined || literal === segments[index]);
}

function parametersOf<Handler>(route: CompiledRoute<Handler>, segments: readonly string[]): PathParameters {
  const parameters: Record<string, string> = {};
  route.segments.forEach(({ literal, parameter }, index) => {
    if (literal === undefined) {
      parameters[parameter] = segments[index];
    }
  });
  return parameters;
}
