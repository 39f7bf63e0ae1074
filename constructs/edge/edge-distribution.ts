import { type Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { ALARM_PERIOD } from '../observability/alarm-set';
import { PrivateBucket } from '../security/private-bucket';
import { requirePattern } from '../validation';
import type { PublicEdge } from './public-edge';
import { ORIGIN_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from './web-acl-rules';

/** Properties of `EdgeDistribution`. */
export interface EdgeDistributionProps {
  /** The edge behind, with `cdn`: it lets nobody else in. */
  readonly edge: PublicEdge;

  /**
   * Name under which the load balancers of the edge are reached.
   *
   * @default - the edge's own name; an edge without one has no default
   */
  readonly originName?: string;

  /** Names under which clients come. The load balancers' certificate must hold for them: CloudFront passes the name on. */
  readonly domainNames: string[];

  /** ARN of the certificate for those names, in us-east-1: CloudFront takes it from nowhere else. */
  readonly certificateArn: string;

  /**
   * Where in the world CloudFront answers.
   *
   * @default PriceClass.PRICE_CLASS_100
   */
  readonly priceClass?: cloudfront.PriceClass;

  /**
   * How long logs are kept.
   *
   * @default Duration.days(365)
   */
  readonly logRetention?: Duration;

  /**
   * What becomes of logs when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * CDK's own properties of the default behaviour, laid over what this construct decides.
   *
   * @default - none
   */
  readonly behavior?: cloudfront.AddBehaviorOptions;
}

/**
 * CloudFront in front of a `PublicEdge`: clients shake hands near by, and what comes to the load balancers comes from CloudFront alone. It caches
 * nothing. The web ACLs stay where they are, so that each request is inspected, and paid for, once.
 *
 * The origin is locked with a secret that the web ACL asks for, and with CloudFront's prefix list where that is given. A VPC origin would
 * need no secret; but it has one load balancer, where a name has those of all cells, and an internal one, which reaches no key set of an
 * issuer of tokens without a NAT gateway.
 */
export class EdgeDistribution extends Construct {
  /** The distribution. */
  readonly distribution: cloudfront.Distribution;
  /** Where CloudFront writes its logs. */
  readonly logBucket: PrivateBucket;
  /** What tells the load balancers the address of a viewer, and writes over what a viewer says of it. */
  readonly viewerAddress: cloudfront.Function;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const originName = this.requireOrigin(props);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const expiration = props.logRetention ?? DEFAULTS.logs.accessRetention;
    this.logBucket = new PrivateBucket(this, 'Logs', {
      expiration,
      removalPolicy,
      // CloudFront writes with an ACL, and gives the bucket's owner all rights.
      bucketProps: { objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED },
    });
    this.viewerAddress = new cloudfront.Function(this, 'ViewerAddress', {
      comment: 'Address of the viewer, for the rates of the web ACL',
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      code: cloudfront.FunctionCode.fromInline([
        'function handler(event) {',
        `  event.request.headers['${VIEWER_ADDRESS_HEADER}'] = { value: event.viewer.ip };`,
        '  return event.request;',
        '}',
      ].join('\n')),
    });
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'Payment edge',
      domainNames: props.domainNames,
      certificate: acm.Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn),
      minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      priceClass: props.priceClass ?? cloudfront.PriceClass.PRICE_CLASS_100,
      enableLogging: true,
      logBucket: this.logBucket,
      logIncludesCookies: false,
      defaultBehavior: {
        origin: new origins.HttpOrigin(originName, {
          protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
          originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
          customHeaders: { [ORIGIN_SECRET_HEADER]: props.edge.originSecrets[0].secretValue.unsafeUnwrap() },
          keepaliveTimeout: DEFAULTS.edge.originKeepAlive,
        }),
        allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
        // Balances and states of payments are of this moment, and whose they are hangs on the token.
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER,
        responseHeadersPolicy: cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        functionAssociations: [{ eventType: cloudfront.FunctionEventType.VIEWER_REQUEST, function: this.viewerAddress }],
        ...props.behavior,
      },
    });
  }

  /** Name that CloudFront itself gives: where the records of `domainNames` point. */
  get domainName(): string {
    return this.distribution.distributionDomainName;
  }

  /** Requests that came to CloudFront. Its metrics are in us-east-1, wherever the stack is. */
  metricRequests(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.distribution.metricRequests({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  private requireOrigin(props: EdgeDistributionProps): string {
    if (props.edge.originSecrets.length === 0) {
      throw new Error('`edge` must be made with `cdn`, or whoever knows its load balancers goes around CloudFront, got: an edge without');
    }
    requirePattern('certificateArn', props.certificateArn, /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[A-Za-z0-9-]+$/,
      'the ARN of an ACM certificate in us-east-1');
    if (!Token.isUnresolved(props.domainNames) && props.domainNames.length === 0) {
      throw new Error('`domainNames` must hold at least one name, got: none');
    }
    const originName = props.originName ?? props.edge.name?.domainName;
    if (originName === undefined) {
      throw new Error('`originName` must be given for an edge without a name, got: none');
    }
    requirePattern('originName', originName, /^[\w-]+(\.[\w-]+)+$/, 'a complete domain name');
    return originName;
  }
}
