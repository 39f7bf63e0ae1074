import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { assetFolder, EventBusFanout, PrivateBucket, QueueWorker } from '../../../constructs';
import { DEFAULTS } from '../../../constructs/defaults';
import type { Workload } from '../../../lib/workload';
import type { DataStack } from './data-stack';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `EventsStack`. */
export interface EventsStackProps extends ReferenceStackProps {
  /** Who is told where. */
  readonly data: Pick<DataStack, 'profiles'>;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** What others are told of. */
const TYPES = ['payout.settled', 'payout.released', 'payout.rejected'];

/** The events that leave the reference: a bus, webhooks to merchants, and reports of settlements. Single payments do not pass here. */
export class EventsStack extends Stack {
  readonly fanout: EventBusFanout;
  readonly notifications: QueueWorker;
  readonly reports: QueueWorker;
  readonly reportBucket: PrivateBucket;

  constructor(scope: Construct, id: string, props: EventsStackProps) {
    super(scope, id, props);
    const { data, network, removalPolicy, security } = props;
    const workload = props.workload.share(DEFAULTS.share.domainEvents);
    // Nobody waits for a message: a second fills batches that would else hold one.
    const batchingWindow = Duration.seconds(1);
    const common = { workload, encryptionKey: security.eventsKey, removalPolicy };
    this.fanout = new EventBusFanout(this, 'Events', common);

    // Merchants choose where they are told.
    this.notifications = new QueueWorker(this, 'Notifications', {
      ...common,
      batchingWindow,
      code: lambda.Code.fromAsset(assetFolder('notification-worker')),
      environment: { PROFILE_TABLE: data.profiles.tableNames },
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.egressSubnets,
      logEncryptionKey: security.operationsKey,
    });
    data.profiles.grantRead(this.notifications);

    this.reportBucket = new PrivateBucket(this, 'Reports', {
      encryptionKey: security.eventsKey, expiration: DEFAULTS.logs.accessRetention, removalPolicy,
    });
    this.reports = new QueueWorker(this, 'ReportWorker', {
      ...common,
      batchingWindow,
      code: lambda.Code.fromAsset(assetFolder('report-worker')),
      environment: { REPORT_BUCKET: this.reportBucket.bucketName },
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.applicationSubnets,
      logEncryptionKey: security.operationsKey,
    });
    this.reportBucket.grantPut(this.reports);
    this.reportBucket.grantRead(this.reports);

    this.fanout.addQueue('Notifications', this.notifications.queue, { detailTypes: TYPES });
    this.fanout.addQueue('Reports', this.reports.queue, { detailTypes: TYPES });
  }
}
