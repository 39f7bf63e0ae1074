import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { AlarmOptions } from '../observability/alarm-set';
import type { ApiRoute } from './api-route';
import type { ClaimFormat } from './jwt-validation';

/** Properties of `ApiAuth`. */
export interface ApiAuthProps {
  /** Issuer whose tokens are accepted, the claim `iss`: an https address of at most 256 characters. */
  readonly issuer: string;

  /**
   * Public address of the issuer's key set (JWKS), https, at most 256 characters. The load balancer fetches it over the internet; it takes at
   * most 150 KB and 10 keys.
   */
  readonly jwksEndpoint: string;

  /**
   * The issuer's key set as the text of a JSON Web Key Set, for an API whose network has no way out to fetch it.
   *
   * @default - the API fetches `jwksEndpoint`
   */
  readonly keySet?: string;

  /**
   * Audience that tokens must name, the claim `aud`.
   *
   * @default - not looked at
   */
  readonly audience?: string;

  /**
   * Form in which tokens hold their audience. The API takes a text and a list; the load balancer only the form that is stated.
   *
   * @default ClaimFormat.SINGLE_STRING
   */
  readonly audienceFormat?: ClaimFormat;

  /**
   * Claim that holds the scopes of a token.
   *
   * @default 'scope'
   */
  readonly scopeClaim?: string;

  /**
   * Form in which tokens hold their scopes.
   *
   * @default ClaimFormat.SPACE_SEPARATED
   */
  readonly scopeFormat?: ClaimFormat;

  /**
   * What is let through, and with which scope.
   *
   * @default - all routes of the payment API: `paymentRoutes()`
   */
  readonly routes?: ApiRoute[];

  /**
   * Whether load balancers validate tokens as well. They know RS256 only, and need a way to the internet. The API validates in any case.
   *
   * @default true
   */
  readonly atLoadBalancer?: boolean;

  /**
   * Whether clients may come with an API key instead of a token.
   *
   * @default true
   */
  readonly apiKeys?: boolean;

  /**
   * Header that holds an API key, in lower case.
   *
   * @default 'x-api-key'
   */
  readonly apiKeyHeader?: string;

  /**
   * How long an API may believe a token or a key that it has checked, 0 to 3600 seconds; never beyond a token's own end. For so long a key that
   * was withdrawn still works.
   *
   * @default Duration.minutes(5)
   */
  readonly tokenCache?: Duration;

  /**
   * Key of the table of API keys.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What becomes of the table of API keys when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarm `KeyReadsThrottled`.
   *
   * @default - on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of the table of API keys, laid over what this construct decides.
   *
   * @default - none
   */
  readonly tableOptions?: dynamodb.TableOptions;
}
