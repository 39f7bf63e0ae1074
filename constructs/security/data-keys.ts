import { Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireDurationBetween, requirePattern } from '../validation';
import { DataClass } from './data-class';

/** Properties of `DataKeys`. */
export interface DataKeysProps {
  /**
   * The kinds of data that get a key each.
   *
   * @default - `DataClass.EVENTS`, `DataClass.LEDGER` and `DataClass.OPERATIONS`
   */
  readonly dataClasses?: DataClass[];

  /**
   * First part of each alias: `alias/<prefix>/<class>`. Letters, digits, `_`, `/` and `-`; not `aws/…`.
   *
   * @default - a unique name made of the construct's path
   */
  readonly aliasPrefix?: string;

  /**
   * How often a key's material is renewed, 90 to 2560 days. Data under the old material stays readable.
   *
   * @default Duration.days(365)
   */
  readonly rotationPeriod?: Duration;

  /**
   * How long a key that is scheduled for deletion can still be rescued, 7 to 30 days.
   *
   * @default Duration.days(30)
   */
  readonly pendingWindow?: Duration;

  /**
   * What becomes of the keys when the stack goes. Without its key no stored payment can be read again.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Properties of CDK's own key, laid over what this construct decides, for each key.
   *
   * @default - none
   */
  readonly keyProps?: kms.KeyProps;
}

/**
 * One customer managed KMS key for each class of data, with rotation and an alias.
 *
 * Permission to use a key is given in IAM (`key.grant…`), so that stacks may share keys without a circle; the key policy names
 * only the account and the services that use the key on their own behalf.
 */
export class DataKeys extends Construct {
  /** The keys, by name of their data class. */
  readonly keys: { readonly [dataClass: string]: kms.Key };

  constructor(scope: Construct, id: string, props: DataKeysProps = {}) {
    super(scope, id);
    const { pendingWindow, rotationPeriod } = LIMITS.key;
    requireDurationBetween('rotationPeriod', props.rotationPeriod, rotationPeriod.minimum, rotationPeriod.maximum);
    requireDurationBetween('pendingWindow', props.pendingWindow, pendingWindow.minimum, pendingWindow.maximum);
    const aliasRule = 'letters, digits, `_`, `/` and `-` and must not start with `aws/`';
    requirePattern('aliasPrefix', props.aliasPrefix, /^(?!aws\/)[a-zA-Z0-9/_-]{1,200}$/, aliasRule);
    const dataClasses = props.dataClasses ?? [DataClass.EVENTS, DataClass.LEDGER, DataClass.OPERATIONS];
    if (dataClasses.length === 0) {
      throw new Error('`dataClasses` must name at least one data class, got: none');
    }

    const prefix = props.aliasPrefix ?? Names.uniqueResourceName(this, { separator: '-', maxLength: 200 });
    const keys: { [dataClass: string]: kms.Key } = {};
    for (const dataClass of dataClasses) {
      if (keys[dataClass.name]) {
        throw new Error(`\`dataClasses\` must differ in name, got: ${dataClass.name} twice`);
      }
      keys[dataClass.name] = this.createKey(dataClass, prefix, props);
    }
    this.keys = keys;
  }

  /**
   * The key of a data class.
   *
   * @throws Error when the class was not among `dataClasses`.
   */
  key(dataClass: DataClass): kms.Key {
    const key = this.keys[dataClass.name];
    if (!key) {
      throw new Error(`\`dataClass\` must be one of ${Object.keys(this.keys).join(', ')}, got: ${dataClass.name}`);
    }
    return key;
  }

  private createKey(dataClass: DataClass, prefix: string, props: DataKeysProps): kms.Key {
    const key = new kms.Key(this, dataClass.name, {
      description: `Protects data of the class ${dataClass.name}`,
      enableKeyRotation: true,
      rotationPeriod: props.rotationPeriod ?? DEFAULTS.keys.rotationPeriod,
      pendingWindow: props.pendingWindow ?? DEFAULTS.keys.pendingWindow,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      ...props.keyProps,
    });
    key.addAlias(`${prefix}/${dataClass.name}`);
    for (const service of dataClass.servicePrincipals) {
      key.addToResourcePolicy(serviceStatement(Stack.of(this), service));
    }
    return key;
  }
}

/** What a service may do with a key on its own behalf, and only for resources of this account. */
function serviceStatement(stack: Stack, service: string): iam.PolicyStatement {
  const logs = service === 'logs.amazonaws.com';
  return new iam.PolicyStatement({
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    // CloudWatch Logs is known by its region, and sends no source account but the log group as encryption context.
    principals: [new iam.ServicePrincipal(logs ? `logs.${stack.region}.amazonaws.com` : service)],
    // In a key policy `*` is the key itself.
    resources: ['*'],
    conditions: logs
      ? { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: '*' }) } }
      : { StringEquals: { 'aws:SourceAccount': stack.account } },
  });
}
