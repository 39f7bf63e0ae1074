import { ArnFormat, Duration, Names, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';

/** What is changed about a well-made part: a property that is given as `undefined` is left out of the template. */
export type Changes<T> = Partial<T>;

/** Changes to the parts of a worker. */
export interface StreamWorkerChanges {
  readonly stream?: Changes<kinesis.CfnStreamProps>;
  readonly function?: Changes<lambda.CfnFunctionProps>;
  readonly mapping?: Changes<lambda.CfnEventSourceMappingProps>;
  /** Whether the worker reads through a consumer of its own. @default false */
  readonly consumer?: boolean;
}

export interface TableWorkerChanges {
  readonly table?: Changes<dynamodb.CfnTableProps>;
  readonly function?: Changes<lambda.CfnFunctionProps>;
  readonly mapping?: Changes<lambda.CfnEventSourceMappingProps>;
}

export interface KafkaWorkerChanges {
  readonly function?: Changes<lambda.CfnFunctionProps>;
  readonly mapping?: Changes<lambda.CfnEventSourceMappingProps>;
}

export interface QueueWorkerChanges {
  readonly queue?: Changes<sqs.CfnQueueProps>;
  readonly deadLetterQueue?: Changes<sqs.CfnQueueProps>;
  readonly function?: Changes<lambda.CfnFunctionProps>;
  readonly mapping?: Changes<lambda.CfnEventSourceMappingProps>;
}

export interface StreamWorkerParts {
  readonly stream: kinesis.CfnStream;
  readonly function: lambda.CfnFunction;
  readonly mapping: lambda.CfnEventSourceMapping;
}

export interface TableWorkerParts {
  readonly table: dynamodb.CfnTable;
  readonly function: lambda.CfnFunction;
  readonly mapping: lambda.CfnEventSourceMapping;
}

export interface QueueParts {
  readonly queue: sqs.CfnQueue;
  readonly deadLetterQueue: sqs.CfnQueue;
}

export interface QueueWorkerParts extends QueueParts {
  readonly function: lambda.CfnFunction;
  readonly mapping: lambda.CfnEventSourceMapping;
}

/**
 * Well-made parts of a template, on the level of CloudFormation, that no rule of ours, of AWS's validator or of cdk-nag's AwsSolutions has
 * anything against. Planted templates take them and change one thing.
 */
export class Parts {
  private made: { key?: kms.Key; topic?: sns.Topic; failures?: s3.Bucket } = {};

  constructor(readonly stack: Stack) {}

  get key(): kms.Key {
    return (this.made.key ??= new kms.Key(this.stack, 'Key', { enableKeyRotation: true }));
  }

  /** Whoever is called when an alarm goes off. */
  get topic(): sns.Topic {
    if (this.made.topic === undefined) {
      this.made.topic = new sns.Topic(this.stack, 'Operations', { masterKey: this.key, enforceSSL: true });
      const caller = new iam.ServicePrincipal('cloudwatch.amazonaws.com');
      this.key.grantEncryptDecrypt(caller);
      this.made.topic.grantPublish(caller);
    }
    return this.made.topic;
  }

  /** Where mappings put what they give up. */
  get failures(): s3.Bucket {
    return (this.made.failures ??= this.bucket('Failures'));
  }

  bucket(id: string, changes: Changes<s3.BucketProps> = {}): s3.Bucket {
    const common: s3.BucketProps = {
      encryption: s3.BucketEncryption.KMS, encryptionKey: this.key, bucketKeyEnabled: true, enforceSSL: true, versioned: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    };
    const accessLogs = new s3.Bucket(this.stack, `${id}AccessLogs`, {
      encryption: s3.BucketEncryption.S3_MANAGED, enforceSSL: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    return new s3.Bucket(this.stack, id, { ...common, serverAccessLogsBucket: accessLogs, ...changes });
  }

  /** Four shards of 72 hours. */
  stream(id: string, changes: Changes<kinesis.CfnStreamProps> = {}): kinesis.CfnStream {
    return new kinesis.CfnStream(this.stack, id, {
      shardCount: 4, retentionPeriodHours: 72, streamEncryption: { encryptionType: 'KMS', keyId: this.key.keyArn }, ...changes,
    });
  }

  consumer(id: string, stream: kinesis.CfnStream): kinesis.CfnStreamConsumer {
    return new kinesis.CfnStreamConsumer(this.stack, id, { consumerName: id.toLowerCase(), streamArn: stream.attrArn });
  }

  /** A function of one gigabyte and a minute, with its own role and log group. */
  function(id: string, changes: Changes<lambda.CfnFunctionProps> = {}, statements: readonly iam.PolicyStatement[] = []): lambda.CfnFunction {
    const log = new logs.CfnLogGroup(this.stack, `${id}Log`, { logGroupName: `/worker/${Names.uniqueId(this.stack)}/${id}`, retentionInDays: 30 });
    const role = new iam.Role(this.stack, `${id}Role`, {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        log: new iam.PolicyDocument({
          statements: [new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [log.attrArn] }), ...statements],
        }),
      },
    });
    return new lambda.CfnFunction(this.stack, id, {
      runtime: 'nodejs24.x', handler: 'index.handler', code: { zipFile: 'exports.handler = async () => ({ batchItemFailures: [] });' },
      architectures: ['arm64'], memorySize: 1024, timeout: 60, role: role.roleArn, loggingConfig: { logGroup: log.ref },
      ...changes,
    });
  }

  /** A mapping that loses nothing: single failures reported, failing batches split, what is given up kept in full. */
  streamMapping(
    id: string, sourceArn: string, fn: lambda.CfnFunction, changes: Changes<lambda.CfnEventSourceMappingProps> = {},
  ): lambda.CfnEventSourceMapping {
    return new lambda.CfnEventSourceMapping(this.stack, id, {
      functionName: fn.ref, eventSourceArn: sourceArn, startingPosition: 'TRIM_HORIZON', batchSize: 200, maximumBatchingWindowInSeconds: 1,
      bisectBatchOnFunctionError: true, functionResponseTypes: ['ReportBatchItemFailures'], maximumRecordAgeInSeconds: 64_800,
      destinationConfig: { onFailure: { destination: this.failures.bucketArn } },
      ...changes,
    });
  }

  /** Kinesis to Lambda, with alarms. */
  streamWorker(changes: StreamWorkerChanges = {}, id = 'Worker'): StreamWorkerParts {
    const stream = this.stream(`${id}Stream`, changes.stream);
    const fn = this.function(id, changes.function, [
      this.allow(['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:DescribeStreamSummary', 'kinesis:ListShards'], stream.attrArn),
      ...this.workerStatements(),
    ]);
    const source = changes.consumer ? this.consumer(`${id}Consumer`, stream).attrConsumerArn : stream.attrArn;
    const mapping = this.streamMapping(`${id}Mapping`, source, fn, changes.mapping);
    this.streamAlarms(id, fn);
    this.alarm(`${id}WritesThrottled`, 'AWS/Kinesis', 'WriteProvisionedThroughputExceeded', { StreamName: stream.ref }, 0);
    this.alarm(`${id}ReadsThrottled`, 'AWS/Kinesis', 'ReadProvisionedThroughputExceeded', { StreamName: stream.ref }, 0);
    return { stream, function: fn, mapping };
  }

  /** One more function on a stream. */
  secondReader(stream: kinesis.CfnStream, sourceArn: string): void {
    const fn = this.function('SecondReader', {}, [this.allow(['kinesis:GetRecords', 'kinesis:SubscribeToShard'], stream.attrArn), ...this.workerStatements()]);
    this.streamMapping('SecondReaderMapping', sourceArn, fn);
    this.streamAlarms('SecondReader', fn);
  }

  /** A Kafka cluster elsewhere to Lambda, with alarms. */
  kafkaWorker(changes: KafkaWorkerChanges = {}): void {
    const fn = this.function('FromKafka', changes.function, this.workerStatements());
    const secret = this.stack.formatArn({
      service: 'secretsmanager', resource: 'secret', resourceName: 'kafka-a1B2c3', arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    new lambda.CfnEventSourceMapping(this.stack, 'FromKafkaMapping', {
      functionName: fn.ref, topics: ['payments'], startingPosition: 'TRIM_HORIZON', batchSize: 100, maximumBatchingWindowInSeconds: 1,
      selfManagedEventSource: { endpoints: { kafkaBootstrapServers: ['broker-1.payments.example:9096'] } },
      sourceAccessConfigurations: [{ type: 'SASL_SCRAM_512_AUTH', uri: secret }],
      maximumRetryAttempts: 5, functionResponseTypes: ['ReportBatchItemFailures'], provisionedPollerConfig: { minimumPollers: 2, maximumPollers: 10 },
      destinationConfig: { onFailure: { destination: this.failures.bucketArn } },
      ...changes.mapping,
    });
    this.functionAlarms('FromKafka', fn);
  }

  /** An on-demand table with a stream of new images. */
  table(id: string, changes: Changes<dynamodb.CfnTableProps> = {}): dynamodb.CfnTable {
    return new dynamodb.CfnTable(this.stack, id, {
      billingMode: 'PAY_PER_REQUEST',
      attributeDefinitions: [{ attributeName: 'pk', attributeType: 'S' }, { attributeName: 'sk', attributeType: 'S' }],
      keySchema: [{ attributeName: 'pk', keyType: 'HASH' }, { attributeName: 'sk', keyType: 'RANGE' }],
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      sseSpecification: { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: this.key.keyArn },
      streamSpecification: { streamViewType: 'NEW_IMAGE' },
      deletionProtectionEnabled: true,
      ...changes,
    });
  }

  /** The stream of a table to Lambda, with alarms. */
  tableWorker(changes: TableWorkerChanges = {}, id = 'Projector'): TableWorkerParts {
    const table = this.table(`${id}Table`, changes.table);
    const fn = this.function(id, changes.function, [
      this.allow(['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream'], table.attrStreamArn),
      ...this.workerStatements(),
    ]);
    const mapping = this.streamMapping(`${id}Mapping`, table.attrStreamArn, fn, changes.mapping);
    this.streamAlarms(id, fn);
    this.tableAlarms(id, table);
    return { table, function: fn, mapping };
  }

  /** A queue whose messages go to another one after ten attempts. */
  queue(id: string, changes: Changes<sqs.CfnQueueProps> = {}, deadLetterChanges: Changes<sqs.CfnQueueProps> = {}): QueueParts {
    const deadLetterQueue = new sqs.CfnQueue(this.stack, `${id}Dead`, {
      kmsMasterKeyId: this.key.keyArn, messageRetentionPeriod: 1_209_600, ...deadLetterChanges,
    });
    const queue = new sqs.CfnQueue(this.stack, id, {
      kmsMasterKeyId: this.key.keyArn, visibilityTimeout: 361, redrivePolicy: { deadLetterTargetArn: deadLetterQueue.attrArn, maxReceiveCount: 10 },
      ...changes,
    });
    const transport = new iam.PolicyStatement({
      effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions: ['sqs:*'], resources: [queue.attrArn, deadLetterQueue.attrArn],
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    new sqs.CfnQueuePolicy(this.stack, `${id}Policy`, {
      queues: [queue.ref, deadLetterQueue.ref], policyDocument: new iam.PolicyDocument({ statements: [transport] }),
    });
    return { queue, deadLetterQueue };
  }

  /** A queue to Lambda, with alarms. */
  queueWorker(changes: QueueWorkerChanges = {}, id = 'Later'): QueueWorkerParts {
    const { queue, deadLetterQueue } = this.queue(`${id}Queue`, changes.queue, changes.deadLetterQueue);
    const fn = this.function(id, changes.function, [
      this.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'], queue.attrArn),
      this.allow(['kms:Decrypt'], this.key.keyArn),
    ]);
    const mapping = new lambda.CfnEventSourceMapping(this.stack, `${id}Mapping`, {
      functionName: fn.ref, eventSourceArn: queue.attrArn, functionResponseTypes: ['ReportBatchItemFailures'], batchSize: 10, ...changes.mapping,
    });
    this.functionAlarms(id, fn);
    this.alarm(`${id}OldestMessage`, 'AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: queue.attrQueueName }, 600, 'Maximum');
    this.alarm(`${id}DeadLetters`, 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: deadLetterQueue.attrQueueName }, 0, 'Maximum');
    return { queue, deadLetterQueue, function: fn, mapping };
  }

  alarm(
    id: string, namespace: string, metricName: string, dimensions: { readonly [name: string]: string }, threshold: number, statistic = 'Sum',
    changes: Changes<cloudwatch.CfnAlarmProps> = {},
  ): cloudwatch.CfnAlarm {
    return new cloudwatch.CfnAlarm(this.stack, `${id}Alarm`, {
      namespace, metricName, statistic, period: 60, evaluationPeriods: 1, threshold, comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching', alarmActions: [this.topic.topicArn],
      dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })),
      ...changes,
    });
  }

  /** Errors and throttles of a function. */
  functionAlarms(id: string, fn: lambda.CfnFunction): void {
    this.alarm(`${id}Errors`, 'AWS/Lambda', 'Errors', { FunctionName: fn.ref }, 0);
    this.alarm(`${id}Throttles`, 'AWS/Lambda', 'Throttles', { FunctionName: fn.ref }, 0);
  }

  /** The same and the age of what a stream's worker gets, and what it could not even give up. */
  streamAlarms(id: string, fn: lambda.CfnFunction): void {
    this.functionAlarms(id, fn);
    this.alarm(`${id}IteratorAge`, 'AWS/Lambda', 'IteratorAge', { FunctionName: fn.ref }, 60_000, 'Maximum');
    this.alarm(`${id}DeliveryFailures`, 'AWS/Lambda', 'DestinationDeliveryFailures', { FunctionName: fn.ref }, 0);
  }

  /** Messages that stay, and messages that were given up. */
  queueAlarms(id: string, { queue, deadLetterQueue }: QueueParts): void {
    this.alarm(`${id}OldestMessage`, 'AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: queue.attrQueueName }, 600, 'Maximum');
    this.alarm(`${id}Messages`, 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: queue.attrQueueName }, 0, 'Maximum');
    this.alarm(`${id}DeadLetters`, 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: deadLetterQueue.attrQueueName }, 0, 'Maximum');
  }

  tableAlarms(id: string, table: dynamodb.CfnTable): void {
    this.alarm(`${id}WriteThrottles`, 'AWS/DynamoDB', 'WriteThrottleEvents', { TableName: table.ref }, 0);
    this.alarm(`${id}ReadThrottles`, 'AWS/DynamoDB', 'ReadThrottleEvents', { TableName: table.ref }, 0);
  }

  /** What a role may do, to the letter. */
  allow(actions: string[], ...resources: string[]): iam.PolicyStatement {
    return new iam.PolicyStatement({ actions, resources });
  }

  private workerStatements(): iam.PolicyStatement[] {
    return [this.allow(['kms:Decrypt', 'kms:GenerateDataKey'], this.key.keyArn), this.allow(['s3:ListBucket'], this.failures.bucketArn)];
  }
}
