/** A path and what answers under it. */
export interface GatewayRoute {
  readonly type: 'exact' | 'prefix';
  readonly path: string;
  /** Name of the deployment whose pods answer. */
  readonly pods: string;
}

/** What a gateway asks of who connects to it. Times are in milliseconds; what is left out has no bound. */
export interface ClientRules {
  /** Connections at once. */
  readonly connections?: number;
  /** For a request to arrive. */
  readonly requestMilliseconds?: number;
  /** Of silence, after which a connection is closed. */
  readonly idleMilliseconds?: number;
  /** Of silence, after which TCP asks whether the other side is there. */
  readonly keepAliveMilliseconds?: number;
  /** Whether a request is refused for a header with an underscore in its name. */
  readonly refusesUnderscores: boolean;
  /** Whether a request is refused for a slash or a backslash that is escaped in its path. */
  readonly refusesEscapedSlashes: boolean;
}

/** How a gateway treats the pods behind it. Times are in milliseconds; what is left out has no bound. */
export interface BackendRules {
  /** Connections at once; over HTTP/1.1 a request has one for itself. */
  readonly connections?: number;
  /** Requests that wait for a connection. */
  readonly pendingRequests?: number;
  /** Requests that have one. */
  readonly parallelRequests?: number;
  readonly connectMilliseconds?: number;
  /** For one attempt. */
  readonly attemptMilliseconds?: number;
  /** For all attempts together. */
  readonly requestMilliseconds?: number;
  /** Attempts after the first one. */
  readonly retries: number;
  /** Whether they are made as well where a pod went away without an answer, and not only where it could not be reached. */
  readonly retriesResets: boolean;
  /** Requests that are let through, whoever asks. */
  readonly limits: readonly { readonly requests: number; readonly seconds: number }[];
  /** Whether the pod with the fewest requests is next; else they take turns. */
  readonly leastRequests: boolean;
  /** Failures to connect in a row after which a pod is left alone, and for how long. */
  readonly failures?: number;
  readonly ejectionMilliseconds?: number;
  readonly keepAliveMilliseconds?: number;
}

/** How it is asked of a pod whether it can do its work. */
export interface ReadinessCheck {
  readonly path: string;
  readonly periodMilliseconds: number;
  readonly timeoutMilliseconds: number;
  /** Answers in a row after which it cannot, or can again. */
  readonly failures: number;
  readonly successes: number;
}

/** What a gateway does, whatever program it is. */
export interface GatewayRules {
  /** Exact paths first, then the longest. */
  readonly routes: readonly GatewayRoute[];
  readonly clients: ClientRules;
  readonly backends: BackendRules;
  /** @default - nobody asks */
  readonly readiness?: ReadinessCheck;
}

/** Where a gateway stands in a run. */
export interface GatewayPlace {
  readonly host: string;
  readonly port: number;
  /** For what it writes. */
  readonly folder: string;
  /** Ports of the pods of each deployment, by its name. */
  readonly pods: ReadonlyMap<string, readonly number[]>;
}

/** What a program of a gateway makes of rules. */
export interface GatewayConfiguration {
  readonly text: string;
  /** Rules that it cannot carry out, each with why. */
  readonly leftOut: readonly string[];
}
