import type { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { AuditLock } from '../archive/audit-lock';
import type { ApiAuth } from './api-auth';
import type { EdgeCellsProps } from './edge-cells';

/** How the edge knows that requests come from CloudFront. */
export interface CdnOptions {
  /**
   * Texts by which CloudFront proves itself. The first is sent, each is accepted: to change it, put the new one behind the old, deploy, then put it
   * first.
   *
   * @default - a new secret
   */
  readonly originSecrets?: secretsmanager.ISecret[];

  /**
   * Key of the new secret.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The region's prefix list of CloudFront's own addresses (`com.amazonaws.global.cloudfront.origin-facing`): `pl-…`. Nobody else connects then.
   *
   * @default - everybody may connect, and gets no further than the web ACL without the secret
   */
  readonly prefixListId?: string;
}

/** Properties of `PublicEdge`. */
export interface PublicEdgeProps extends EdgeCellsProps {
  /** How clients prove who they are, and which routes there are. */
  readonly auth: ApiAuth;

  /**
   * Requests of one address in a window from which it is answered 429, 10 or more.
   *
   * @default - derived from the workload
   */
  readonly addressLimit?: number;

  /**
   * Requests with one API key in a window from which they are answered 429, 10 or more.
   *
   * @default - derived from the workload: the busiest merchant stays below it
   */
  readonly keyLimit?: number;

  /**
   * Countries whose requests are blocked, by ISO 3166-1 alpha-2 code; at most 50.
   *
   * @default - none
   */
  readonly blockedCountries?: string[];

  /**
   * Beginnings of paths that browsers ask for: who comes there must pass a silent challenge, which no client of an API can. No API path may begin so.
   *
   * @default - none
   */
  readonly browserPaths?: string[];

  /**
   * Rules of AWS's core rule set that count in place of blocking, beside `SizeRestrictions_BODY`, which a rule of this edge stands in for.
   *
   * @default - none
   */
  readonly countedRules?: string[];

  /**
   * CDK's own rules, after those of this construct. Their priorities begin at 100.
   *
   * @default - none
   */
  readonly extraRules?: wafv2.CfnWebACL.RuleProperty[];

  /**
   * Key of the web ACLs' log. Its policy must name `delivery.logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long the web ACLs' log is kept, at least as long as it is locked.
   *
   * @default Duration.days(365)
   */
  readonly logRetention?: Duration;

  /**
   * How long, and how firmly, the web ACLs' log is locked.
   *
   * @default - `AuditLock.governance` for as long as it is kept; none with `RemovalPolicy.DESTROY`
   */
  readonly logLock?: AuditLock;

  /**
   * Whether requests that were let through are logged as well.
   *
   * @default false
   */
  readonly logAllRequests?: boolean;

  /**
   * Whether AWS Shield Advanced protects the load balancers. The account must be subscribed, for a year and a price a month whatever it protects; the
   * fees of the web ACLs, their rules and requests are part of it. Without a subscription the stack does not deploy.
   *
   * @default false
   */
  readonly shieldAdvanced?: boolean;

  /**
   * CDK's own properties of the bucket of the web ACLs' log, laid over what this construct decides.
   *
   * @default - none
   */
  readonly logBucketProps?: s3.BucketProps;

  /**
   * Takes requests from CloudFront alone: see `EdgeDistribution`.
   *
   * @default - clients connect to the load balancers
   */
  readonly cdn?: CdnOptions;
}
