import { Duration, Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';
import type { ApiAuthProps } from './api-auth-props';
import { ApiKeyTable } from './api-key-table';
import { type ApiRoute, paymentRoutes, requireRoutes } from './api-route';
import { ClaimFormat, JwtValidation, type RequiredClaim } from './jwt-validation';

const HTTPS_ADDRESS = /^https:\/\/\S+$/;

/** The scope claim that the API looks at where nobody says otherwise. */
const SCOPE_CLAIM = 'scope';

/**
 * How clients of an API prove who they are: signed tokens with a scope for each route, validated at the load balancer and again in the API,
 * or API keys, known by their hash and looked up by the API.
 */
export class ApiAuth extends Construct {
  /** What is let through, and with which scope. */
  readonly routes: readonly ApiRoute[];
  /** Header that holds an API key; undefined where keys are not accepted. */
  readonly apiKeyHeader?: string;
  /** Who may come with an API key; undefined where keys are not accepted. */
  readonly apiKeys?: ApiKeyTable;
  /** Whether load balancers validate tokens. */
  readonly atLoadBalancer: boolean;
  /** How long an API may believe a token or key that it has checked. */
  readonly tokenCache: Duration;

  constructor(scope: Construct, id: string, private readonly props: ApiAuthProps) {
    super(scope, id);
    this.requireBounds(props);
    const withKeys = props.apiKeys ?? true;
    this.apiKeyHeader = withKeys ? props.apiKeyHeader ?? 'x-api-key' : undefined;
    this.routes = props.routes ?? paymentRoutes();
    requireRoutes(this.routes, withKeys ? 1 : 0);
    this.atLoadBalancer = props.atLoadBalancer ?? true;
    this.tokenCache = props.tokenCache ?? DEFAULTS.edge.tokenCache;
    if (withKeys) {
      this.apiKeys = new ApiKeyTable(this, 'ApiKeys', {
        encryptionKey: props.encryptionKey,
        removalPolicy: props.removalPolicy,
        alarms: props.alarms,
        tableOptions: props.tableOptions,
      });
    }
  }

  /** Environment variables by which an API knows whom to believe. */
  get variables(): { readonly [name: string]: string } {
    const { issuer, jwksEndpoint, keySet, audience, scopeClaim = SCOPE_CLAIM } = this.props;
    return {
      AUTHENTICATION: 'jwt',
      JWT_ISSUER: issuer,
      JWT_JWKS_ENDPOINT: jwksEndpoint,
      ...(keySet !== undefined && { JWT_KEY_SET: keySet }),
      ...(audience !== undefined && { JWT_AUDIENCE: audience }),
      ...(scopeClaim !== SCOPE_CLAIM && { JWT_SCOPE_CLAIM: scopeClaim }),
      TOKEN_CACHE_SECONDS: String(this.tokenCache.toSeconds()),
      ...(this.apiKeys !== undefined && this.apiKeyHeader !== undefined && {
        API_KEY_TABLE: this.apiKeys.table.tableName,
        API_KEY_HEADER: this.apiKeyHeader,
      }),
    };
  }

  /** Lets the grantee look up API keys that it was shown. Nothing is granted where keys are not accepted. */
  grantRead(grantee: iam.IGrantable): void {
    this.apiKeys?.grantRead(grantee);
  }

  /** What a listener does with the requests of a route that come with a token. */
  admit(route: ApiRoute, next: elbv2.ListenerAction): elbv2.ListenerAction {
    const { issuer, jwksEndpoint } = this.props;
    return this.atLoadBalancer ? new JwtValidation({ issuer, jwksEndpoint, claims: this.claimsOf(route), next }) : next;
  }

  private claimsOf({ scope }: ApiRoute): RequiredClaim[] {
    const { audience, audienceFormat, scopeClaim = SCOPE_CLAIM, scopeFormat } = this.props;
    return [
      ...(audience === undefined ? [] : [{ name: 'aud', value: audience, format: audienceFormat ?? ClaimFormat.SINGLE_STRING }]),
      ...(scope === undefined ? [] : [{ name: scopeClaim, value: scope, format: scopeFormat ?? ClaimFormat.SPACE_SEPARATED }]),
    ];
  }

  private requireBounds(props: ApiAuthProps): void {
    requirePattern('issuer', props.issuer, HTTPS_ADDRESS, 'an https address');
    requirePattern('jwksEndpoint', props.jwksEndpoint, HTTPS_ADDRESS, 'an https address');
    for (const name of ['issuer', 'jwksEndpoint', 'audience'] as const) {
      const value = props[name];
      if (value !== undefined && !Token.isUnresolved(value)) {
        requireIntegerBetween(`length of ${name}`, value.length, 1, LIMITS.token.claimLength);
      }
    }
    requirePattern('scopeClaim', props.scopeClaim, /^(?!(iss|exp|nbf|iat)$)[\w:./-]{1,256}$/, 'the name of a claim other than iss, exp, nbf and iat');
    requirePattern('apiKeyHeader', props.apiKeyHeader, /^(?!authorization$|cookie$)[a-z][a-z0-9-]{0,39}$/,
      'the name of a header in lower case other than authorization and cookie');
    requireDurationBetween('tokenCache', props.tokenCache, Duration.seconds(0), Duration.hours(1));
    for (const route of props.routes ?? []) {
      requirePattern(`routes.${route.name}.scope`, route.scope, /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/, 'a scope without spaces (RFC 6749)');
    }
  }
}
