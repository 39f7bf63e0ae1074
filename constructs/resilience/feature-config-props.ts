import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as appconfig from 'aws-cdk-lib/aws-appconfig';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { AlarmOptions } from '../observability/alarm-set';

/** Properties of `FeatureConfig`. */
export interface FeatureConfigProps {
  /** What the system is told: features that are on, thresholds, rules. No secret, and no payment. */
  readonly content: { readonly [name: string]: unknown };

  /**
   * JSON schema of the content, of draft 4. A version that does not keep it is refused before anybody sees it. Say `additionalProperties: false`,
   * so that a name that is spelled wrongly is found too.
   */
  readonly schema: { readonly [name: string]: unknown };

  /**
   * Alarms that take a new version back, 1 to 5: those of whatever the configuration can break. Without one nothing would notice.
   */
  readonly rollbackAlarms: cloudwatch.IAlarm[];

  /**
   * How long a new version takes to reach every reader, 0 to 1440 minutes.
   *
   * @default Duration.minutes(20)
   */
  readonly rolloutTime?: Duration;

  /**
   * Share of the readers that each step reaches, in percent, 1 to 100.
   *
   * @default 20
   */
  readonly growthPercent?: number;

  /**
   * For how long alarms can take back a version that every reader has, 0 to 1440 minutes.
   *
   * @default Duration.minutes(10)
   */
  readonly bakeTime?: Duration;

  /**
   * Key of the content. Readers need it as well: `grantRead` lets them use it.
   *
   * @default - a new customer managed key of `DataClass.CONFIGURATION`
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What becomes of the key when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarm `RolledBack`.
   *
   * @default - on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of the environment, laid over what this construct decides.
   *
   * @default - none
   */
  readonly environmentOptions?: appconfig.EnvironmentOptions;
}
