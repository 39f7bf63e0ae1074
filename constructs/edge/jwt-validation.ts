import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct, IConstruct } from 'constructs';
import { HTTPS_PORT } from './http';

/** Forms in which a token holds a claim. The load balancer refuses a token whose claim has another form. */
export enum ClaimFormat {
  /** One text: `"aud": "payments"`. */
  SINGLE_STRING = 'single-string',
  /** A list of texts: `"scp": ["payments:write"]`. */
  STRING_ARRAY = 'string-array',
  /** Texts in one, with spaces between them: `"scope": "payments:write payments:read"`. */
  SPACE_SEPARATED = 'space-separated-values',
}

/** A claim that a token must have. */
export interface RequiredClaim {
  /** Name of the claim; `iss`, `exp`, `nbf` and `iat` are looked at anyway. */
  readonly name: string;
  /** What it must hold. */
  readonly value: string;
  /** Form in which the tokens hold it. */
  readonly format: ClaimFormat;
}

/** Properties of `JwtValidation`. */
export interface JwtValidationProps {
  /** Expected issuer. */
  readonly issuer: string;
  /** Public address of the issuer's key set. */
  readonly jwksEndpoint: string;
  /** Claims that a token must have beside a valid signature, issuer and time. */
  readonly claims: RequiredClaim[];
  /** What happens to requests with such a token. */
  readonly next: elbv2.ListenerAction;
}

/**
 * Lets requests with a valid token through, and answers all others 401. `ListenerAction.authenticateJwt` of the CDK does the same, but knows
 * no claims; and it leaves it to others to let the load balancer out to the key set.
 */
export class JwtValidation extends elbv2.ListenerAction {
  constructor(props: JwtValidationProps) {
    super({
      type: 'jwt-validation',
      jwtValidationConfig: {
        issuer: props.issuer,
        jwksEndpoint: props.jwksEndpoint,
        additionalClaims: props.claims.length === 0 ? undefined
        : props.claims.map(({ name, value, format }) => ({ name, format, values: [value] })),
      },
    }, props.next);
  }

  bind(scope: Construct, listener: elbv2.IApplicationListener, associatingConstruct?: IConstruct): void {
    super.bind(scope, listener, associatingConstruct);
    listener.connections.allowToAnyIpv4(ec2.Port.tcp(HTTPS_PORT), 'Key set of the issuer of tokens');
  }
}
