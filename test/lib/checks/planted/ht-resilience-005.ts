import type { Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as msk from 'aws-cdk-lib/aws-msk';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-005',
  plant: (stack) => kafka(stack, 2),
  repair: (stack) => kafka(stack, 3),
};

/** One broker in each of so many zones. */
function kafka(stack: Stack, zones: number): void {
  const { securityGroup, subnets } = new EdgeParts(stack);
  const log = new logs.CfnLogGroup(stack, 'BrokerLog', { retentionInDays: 30 });
  new msk.CfnCluster(stack, 'Kafka', {
    clusterName: 'payments', kafkaVersion: '3.8.x', numberOfBrokerNodes: zones,
    brokerNodeGroupInfo: {
      instanceType: 'express.m7g.large', clientSubnets: subnets.slice(0, zones).map((it) => it.ref), securityGroups: [securityGroup.attrGroupId],
    },
    encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
    loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: log.ref } } },
  });
}
