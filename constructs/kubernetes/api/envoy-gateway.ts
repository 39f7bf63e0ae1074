import type { CustomObject } from '../custom-object';

/** What a policy applies to. */
export interface PolicyTarget {
  readonly group: 'gateway.networking.k8s.io';
  readonly kind: 'Gateway' | 'HTTPRoute';
  readonly name: string;
  /** Listener of a gateway. */
  readonly sectionName?: string;
}

/** A limit on requests; those that match all headers share it. */
export interface RateLimitRule {
  readonly clientSelectors?: readonly {
    readonly headers: readonly { readonly type: 'Distinct' | 'Exact'; readonly name: string; readonly value?: string }[];
  }[];
  readonly limit: { readonly requests: number; readonly unit: 'Second' | 'Minute' };
}

/** https://gateway.envoyproxy.io/docs/api/extension_types/#backendtrafficpolicy */
export interface BackendTrafficPolicy extends CustomObject {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'BackendTrafficPolicy';
  readonly spec: {
    readonly targetRefs: readonly PolicyTarget[];
    readonly circuitBreaker: {
      readonly maxConnections: number;
      readonly maxPendingRequests: number;
      readonly maxParallelRequests: number;
      readonly retryBudget: { readonly percent: { readonly numerator: number }; readonly minRetryConcurrency: number };
    };
    readonly healthCheck: {
      readonly passive: {
        readonly splitExternalLocalOriginErrors: boolean;
        readonly consecutiveLocalOriginFailures: number;
        readonly consecutiveGatewayErrors: number;
        readonly consecutive5XxErrors: number;
        readonly interval: string;
        readonly baseEjectionTime: string;
        readonly maxEjectionPercent: number;
      };
    };
    readonly retry: {
      readonly numRetries: number;
      readonly retryOn: { readonly triggers: readonly ('connect-failure' | 'reset' | 'refused-stream')[] };
      readonly perRetry: { readonly timeout: string };
    };
    readonly timeout: {
      readonly tcp: { readonly connectTimeout: string };
      readonly http: { readonly requestTimeout: string };
    };
    readonly loadBalancer: {
      readonly type: 'LeastRequest';
      readonly slowStart: { readonly window: string };
      readonly zoneAware: { readonly preferLocal: { readonly minEndpointsThreshold: number } };
    };
    readonly rateLimit: {
      readonly local: { readonly rules: readonly RateLimitRule[] };
      readonly global?: { readonly rules: readonly RateLimitRule[] };
    };
    readonly tcpKeepalive: { readonly idleTime: string };
  };
}

/** https://gateway.envoyproxy.io/docs/api/extension_types/#clienttrafficpolicy */
export interface ClientTrafficPolicy extends CustomObject {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'ClientTrafficPolicy';
  readonly spec: {
    readonly targetRefs: readonly PolicyTarget[];
    readonly tls: {
      readonly minVersion: '1.3';
      readonly alpnProtocols: readonly ('h2' | 'http/1.1')[];
      readonly clientValidation?: { readonly caCertificateRefs: readonly { readonly name: string; readonly kind?: 'Secret' | 'ConfigMap' }[] };
    };
    readonly http2: { readonly maxConcurrentStreams: number };
    readonly connection: { readonly connectionLimit: { readonly value: number } };
    readonly timeout: { readonly http: { readonly requestReceivedTimeout: string; readonly idleTimeout: string } };
    readonly headers: { readonly withUnderscoresAction: 'RejectRequest' };
    readonly path: { readonly escapedSlashesAction: 'UnescapeAndRedirect' | 'RejectRequest' };
    readonly tcpKeepalive: { readonly idleTime: string };
  };
}

/** https://gateway.envoyproxy.io/docs/api/extension_types/#securitypolicy */
export interface SecurityPolicy extends CustomObject {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'SecurityPolicy';
  readonly spec: {
    readonly targetRefs: readonly PolicyTarget[];
    readonly jwt?: {
      readonly providers: readonly {
        readonly name: string;
        readonly issuer: string;
        readonly audiences: readonly string[];
        readonly remoteJWKS: { readonly uri: string; readonly cacheDuration: string };
        readonly claimToHeaders: readonly { readonly claim: string; readonly header: string }[];
      }[];
    };
    readonly apiKeyAuth?: {
      readonly credentialRefs: readonly { readonly name: string; readonly kind?: 'Secret' }[];
      readonly extractFrom: readonly { readonly headers: readonly string[] }[];
      readonly forwardClientIDHeader: string;
      readonly sanitize: boolean;
    };
    readonly authorization?: {
      readonly defaultAction: 'Deny' | 'Allow';
      readonly rules: readonly {
        readonly name: string;
        readonly action: 'Allow' | 'Deny';
        readonly principal: { readonly jwt: { readonly provider: string; readonly scopes: readonly string[] } };
      }[];
    };
  };
}

/** https://gateway.envoyproxy.io/docs/api/extension_types/#envoyproxy */
export interface EnvoyProxy extends CustomObject {
  readonly apiVersion: 'gateway.envoyproxy.io/v1alpha1';
  readonly kind: 'EnvoyProxy';
  readonly spec: {
    readonly concurrency: number;
    readonly shutdown: { readonly drainTimeout: string; readonly minDrainDuration: string };
    readonly telemetry: { readonly metrics: { readonly prometheus: { readonly disable: boolean } } };
    readonly provider: {
      readonly type: 'Kubernetes';
      readonly kubernetes: {
        readonly envoyDeployment: {
          readonly replicas: number;
          readonly pod: {
            readonly priorityClassName: string;
            readonly nodeSelector: { readonly [name: string]: string };
            readonly topologySpreadConstraints: readonly {
              readonly maxSkew: number;
              readonly topologyKey: string;
              readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
              readonly labelSelector: { readonly matchLabels: { readonly [name: string]: string } };
            }[];
          };
          readonly container: {
            readonly resources: {
              readonly requests: { readonly cpu: string; readonly memory: string };
              readonly limits: { readonly memory: string };
            };
          };
        };
        readonly envoyPDB: { readonly maxUnavailable: string };
        readonly envoyService: {
          readonly type: 'LoadBalancer';
          readonly externalTrafficPolicy: 'Local' | 'Cluster';
          readonly annotations: { readonly [name: string]: string };
        };
      };
    };
  };
}
