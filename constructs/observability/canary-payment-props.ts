import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from './alarm-set';

/** Properties of `CanaryPayment`. */
export interface CanaryPaymentProps {
  /** What the system promises: twice its target to settle is too slow for a test payment as well. */
  readonly workload: Workload;

  /** Address of the API at its public edge, https and without a path: `https://pay.example.org`. */
  readonly endpoint: string;

  /**
   * How the canary proves who it is, as JSON: `{"apiKey": …}`, or `{"tokenUrl": …, "clientId": …, "clientSecret": …, "scope": …}` for a token by
   * the client credentials grant. It may write and read payments of the canary's merchant, and should nothing else.
   */
  readonly credentials: secretsmanager.ISecret;

  /** A merchant that nobody else uses, 1 to 64 characters. */
  readonly merchantId: string;

  /**
   * Payer of the test payments, 1 to 64 characters.
   *
   * @default 'canary'
   */
  readonly payerId?: string;

  /**
   * Currency of the test payments.
   *
   * @default 'EUR'
   */
  readonly currency?: string;

  /**
   * Amount of a test payment in minor units, 1 or more.
   *
   * @default 1
   */
  readonly amount?: number;

  /**
   * What keys of test payments begin with: letters, digits and dashes, at most 32 characters, another one for each canary of a merchant.
   *
   * @default 'canary'
   */
  readonly keyPrefix?: string;

  /**
   * Time from one test payment to the next: whole minutes, 1 to 60.
   *
   * @default Duration.minutes(1)
   */
  readonly every?: Duration;

  /**
   * Header of an API key, in lower case.
   *
   * @default 'x-api-key'
   */
  readonly apiKeyHeader?: string;

  /**
   * The handler's bundle.
   *
   * @default - the kit's own `canary`
   */
  readonly code?: lambda.Code;

  /**
   * Module and export of the handler.
   *
   * @default 'index.handler'
   */
  readonly handler?: string;

  /**
   * Environment variables of the handler beside those that this construct sets.
   *
   * @default - none
   */
  readonly environment?: { readonly [name: string]: string };

  /**
   * Memory of the function, 128 MiB to 10240 MiB.
   *
   * @default Size.mebibytes(256)
   */
  readonly memory?: Size;

  /**
   * When a run is ended; before the next begins, else they meet.
   *
   * @default Duration.seconds(50)
   */
  readonly timeout?: Duration;

  /**
   * Network that the function runs in. It must have a way to the internet, a NAT gateway for example: the canary comes in where clients do.
   *
   * @default - none of yours: the function reaches the internet by itself
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the function in `vpc`.
   *
   * @default - the private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Key of the function's log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What becomes of the log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `TestPaymentFailed`, `TestPaymentSlow`, `TestPaymentSilent` and `TestBalanceOff`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of the function, laid over what this construct decides.
   *
   * @default - none
   */
  readonly functionOptions?: lambda.FunctionOptions;
}
