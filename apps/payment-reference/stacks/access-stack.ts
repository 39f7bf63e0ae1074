import { CfnParameter, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ApiAuth, PAYMENT_ROUTES, recordDecisions } from '../../../constructs';
import { factsFor } from '../../../constructs/limits';
import { sizeClientLimit } from '../../../lib/sizing';
import type { Workload } from '../../../lib/workload';
import { Phase } from '../phase';
import type { DataStack } from './data-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `AccessStack`. */
export interface AccessStackProps extends ReferenceStackProps {
  /** Where the API keys are backed up. */
  readonly data: Pick<DataStack, 'backups'>;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;

  /**
   * Whether the API fetches the issuer's keys by itself. It must reach the issuer for that.
   *
   * @default false: a parameter has them
   */
  readonly fetchesKeys?: boolean;
}

/** Who tokens come from. */
export interface TokenIssuer {
  /** The claim `iss`. */
  readonly issuer: string;
  /** Where its public keys are. */
  readonly jwksEndpoint: string;
  /** The keys themselves, where the API cannot fetch them. */
  readonly keySet?: string;
}

/** Who may call the API, told once for all cells: the issuer of tokens, what each route asks for, the API keys, and how much a client may post. */
export class AccessStack extends Stack {
  readonly auth: ApiAuth;
  /** Who tokens come from, as parameters of the stack. */
  readonly issuer: TokenIssuer;
  /** Payments per second of one client in all cells together, where its key states no other. */
  readonly clientPaymentsPerSecond: number;

  constructor(scope: Construct, id: string, props: AccessStackProps) {
    super(scope, id, props);
    const { data, phase, removalPolicy, security } = props;
    const { payments, batches, reads, holds, payouts } = PAYMENT_ROUTES;
    const routes = phase.includes(Phase.ADVANCED) ? [payments, batches, reads, holds, payouts] : [payments, batches, reads];
    this.issuer = this.parameters(props.fetchesKeys ?? false);
    this.auth = new ApiAuth(this, 'Clients', {
      ...this.issuer,
      routes: routes.map((route) => ({ ...route, paths: [...route.paths] })),
      encryptionKey: security.operationsKey,
      removalPolicy,
    });
    const limit = sizeClientLimit(props.workload, factsFor(this));
    recordDecisions(this, limit.decisions);
    this.clientPaymentsPerSecond = limit.paymentsPerSecond;
    data.backups.protectTables(this, 'KeyBackups', [this.auth.apiKeys!.table], security.operationsKey);
  }

  /** What a deployment must state: none has a default, so that no token is trusted by chance. */
  private parameters(fetchesKeys: boolean): TokenIssuer {
    const address = { allowedPattern: 'https://\\S+', constraintDescription: 'must be an https address' };
    return {
      issuer: new CfnParameter(this, 'JwtIssuer', { description: 'Issuer whose tokens are accepted: the claim iss', ...address }).valueAsString,
      jwksEndpoint: new CfnParameter(this, 'JwtKeySetEndpoint', {
        description: `Where ${fetchesKeys ? 'gateways and the API' : 'load balancers'} read the public keys of the issuer`, ...address,
      }).valueAsString,
      ...(!fetchesKeys && {
        keySet: new CfnParameter(this, 'JwtKeySet', {
          description: 'Public keys of the issuer, as the text of a JSON Web Key Set: tasks reach no address outside',
          allowedPattern: '\\{[\\s\\S]*"keys"[\\s\\S]*\\}',
          constraintDescription: 'must be a JSON Web Key Set',
        }).valueAsString,
      }),
    };
  }
}
