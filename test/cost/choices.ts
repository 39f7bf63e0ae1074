import { USAGE_METADATA_KEY } from '../../lib/cost';
import type { Workload } from '../../lib/workload';
import type { Change, ChangedResource } from './changed-assembly';

/** A choice of the reference that costs less, and what it would be otherwise. */
export interface CheaperChoice {
  /** What was chosen, as docs/cost.md has it. */
  readonly name: string;
  /** Makes the alternative of it. */
  readonly instead: Change;
  /** The workload of the alternative. @default - the same */
  readonly workload?: (workload: Workload) => Workload;
}

const TABLE = 'AWS::DynamoDB::GlobalTable';
const QUEUE_BATCH = 10;

/** A change of the resources of one type. */
function of(type: string, change: Change): Change {
  return (resource, logicalId, resources) => {
    if (resource.Type === type) {
      change(resource, logicalId, resources);
    }
  };
}

/** Puts a web ACL's fees under a subscription: a protection beside each load balancer that one stands before. */
export const withShield: Change = of('AWS::WAFv2::WebACLAssociation', ({ Properties }, logicalId, resources) => {
  resources[`${logicalId}Shield`] = { Type: 'AWS::Shield::Protection', Properties: { Name: logicalId, ResourceArn: Properties.ResourceArn } };
});

type Properties = ChangedResource['Properties'];

function eachScaling({ Properties: table }: ChangedResource, change: (scaling: Properties) => void): void {
  const [replica] = table.Replicas as Properties[];
  const found = [
    table.WriteProvisionedThroughputSettings?.WriteCapacityAutoScalingSettings,
    replica.ReadProvisionedThroughputSettings?.ReadCapacityAutoScalingSettings,
  ];
  found.filter((it) => it !== undefined).forEach(change);
}

/** The choices whose dollars docs/cost.md shows, in its order. */
export const CHOICES: readonly CheaperChoice[] = [
  {
    name: 'provisioned capacity of ledger, balances and profiles',
    instead: of(TABLE, (table) => {
      if (table.Properties.BillingMode === 'PROVISIONED') {
        table.Properties.BillingMode = 'PAY_PER_REQUEST';
      }
    }),
  },
  {
    name: 'units used to 90 %, as the rate is flat',
    instead: of(TABLE, (table) => eachScaling(table, (scaling) => {
      const tracking = scaling.TargetTrackingScalingPolicyConfiguration;
      if (tracking.TargetValue === 90) {
        scaling.MinCapacity = Math.ceil(scaling.MinCapacity * tracking.TargetValue / 70);
        scaling.MaxCapacity = Math.max(scaling.MinCapacity, scaling.MaxCapacity);
        tracking.TargetValue = 70;
      }
    })),
  },
  { name: 'a web ACL before the public edge alone', instead: () => undefined, workload: (workload) => workload.with({ publicEdgeShare: 1 }) },
  {
    name: 'weekly copies of the ledger, kept for nine days',
    instead: of('AWS::Backup::BackupPlan', ({ Properties }) => {
      for (const rule of Properties.BackupPlan.BackupPlanRule) {
        rule.ScheduleExpression = 'cron(0 2 * * ? *)';
        rule.Lifecycle = { DeleteAfterDays: 35 };
      }
    }),
  },
  {
    name: 'many payments in a record',
    instead: of('AWS::Kinesis::Stream', (stream, logicalId) => {
      if (logicalId.startsWith('Payments')) {
        // 33,333 payments/s of a cell that takes over, at 70 % of 1,000 records/s a shard; 405 bytes each.
        stream.Properties.ShardCount = 48;
        stream.Metadata = { ...stream.Metadata, [USAGE_METADATA_KEY]: { recordsPerSecond: 25_000, bytesPerRecord: 405 } };
      }
    }),
  },
  {
    name: 'access logs in colder storage after a week',
    instead: of('AWS::S3::Bucket', ({ Properties }, logicalId) => {
      if (logicalId.includes('AccessLogs')) {
        Properties.LifecycleConfiguration?.Rules.forEach((rule: { Transitions?: unknown }) => delete rule.Transitions);
      }
    }),
  },
  {
    name: 'functions without the lines that Lambda writes of each invocation',
    instead: of('AWS::Lambda::Function', ({ Properties }) => delete Properties.LoggingConfig?.SystemLogLevel),
  },
  {
    name: 'queues that fill a batch for a second',
    instead: of('AWS::Lambda::EventSourceMapping', ({ Properties }) => {
      if (Properties.BatchSize === QUEUE_BATCH && Properties.MaximumBatchingWindowInSeconds === 1) {
        delete Properties.MaximumBatchingWindowInSeconds;
      }
    }),
  },
  {
    name: 'Graviton for functions and tasks',
    instead: (resource) => {
      if (resource.Type === 'AWS::Lambda::Function' && resource.Properties.Architectures !== undefined) {
        resource.Properties.Architectures = ['x86_64'];
      } else if (resource.Type === 'AWS::ECS::TaskDefinition' && resource.Properties.RuntimePlatform !== undefined) {
        resource.Properties.RuntimePlatform.CpuArchitecture = 'X86_64';
      }
    },
  },
  {
    name: 'the audit archive in colder storage after 30 days',
    instead: of('AWS::S3::Bucket', ({ Properties }) => Properties.LifecycleConfiguration?.Rules.forEach((rule: { Transitions?: { TransitionInDays: number }[] }) =>
      rule.Transitions?.filter((it) => it.TransitionInDays === 30).forEach((it) => {
        it.TransitionInDays = 90;
      }))),
  },
  {
    name: 'logs of a web ACL for what it refuses',
    instead: of('AWS::WAFv2::LoggingConfiguration', ({ Properties }) => delete Properties.LoggingFilter),
  },
];

/** Twice the shards of every payment stream. */
export const shardsDoubled: Change = of('AWS::Kinesis::Stream', ({ Properties }, logicalId) => {
  if (logicalId.startsWith('Payments')) {
    Properties.ShardCount *= 2;
  }
});

/** Every request in the log of a web ACL, and every invocation in that of a function. */
export const logSamplingOff: Change = (resource) => {
  if (resource.Type === 'AWS::WAFv2::LoggingConfiguration') {
    delete resource.Properties.LoggingFilter;
  } else if (resource.Type === 'AWS::Lambda::Function') {
    delete resource.Properties.LoggingConfig?.SystemLogLevel;
  }
};
