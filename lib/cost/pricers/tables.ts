import type { TopologyResource } from '../../topology';
import { type Amount, declared, times } from '../amount';
import type { Charge } from '../charge';
import { listOf, numberOf, property, textOf } from '../usage/properties';
import { tableUsage } from '../usage/tables';
import type { UsageModel } from '../usage/usage-model';
import { charge, flowing, hourly, type Pricer, steadyShare } from './pricer';

/** DynamoDB tables: units by request or provisioned, storage, point-in-time recovery, replicas. */
export const tablePricer: Pricer = {
  types: ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'],
  price(resource, model) {
    const { storedGigabytes, writeUnitsPerSecond } = tableUsage(model, resource);
    const infrequent = (textOf(resource, 'TableClass') ?? textOf(resource, 'Replicas.TableClass')) === 'STANDARD_INFREQUENT_ACCESS';
    const onDemand = textOf(resource, 'BillingMode') === 'PAY_PER_REQUEST';
    const recoverable = (property(resource, 'PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled')
      ?? property(resource, 'Replicas.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled')) === true;
    const replicas = Math.max(0, listOf(resource, 'Replicas').length - 1);
    return [
      ...(onDemand ? byRequest(resource, model, infrequent) : provisioned(resource, model)),
      charge(resource, 'storage', infrequent ? 'dynamodb.infrequent.storage' : 'dynamodb.storage', times(storedGigabytes, 1 + replicas)),
      ...(recoverable ? [charge(resource, 'point-in-time recovery', 'dynamodb.recovery', model.use(resource, 'recoverableGigabytes', () => storedGigabytes))] : []),
      ...(replicas > 0 && onDemand
        ? [flowing(resource, 'replicated writes', 'dynamodb.replicatedWrites', times(writeUnitsPerSecond, replicas, `${replicas} replicas; ${writeUnitsPerSecond.why}`))] : []),
      ...(replicas > 0 && !onDemand
        ? [hourly(resource, 'replicated write units', 'dynamodb.replicatedUnitHours', times(capacity(resource, writeUnitsPerSecond, 'Write'), replicas))] : []),
    ];
  },
};

function byRequest(resource: TopologyResource, model: UsageModel, infrequent: boolean): Charge[] {
  const { writeUnitsPerSecond, readUnitsPerSecond } = tableUsage(model, resource);
  const commitment = { commitment: { plan: 'databaseSavingsPlan' as const, steadyShare: steadyShare(model) } };
  return [
    flowing(resource, 'write requests', infrequent ? 'dynamodb.infrequent.writeRequests' : 'dynamodb.writeRequests', writeUnitsPerSecond, commitment),
    flowing(resource, 'read requests', infrequent ? 'dynamodb.infrequent.readRequests' : 'dynamodb.readRequests', readUnitsPerSecond, commitment),
  ];
}

function provisioned(resource: TopologyResource, model: UsageModel): Charge[] {
  const { writeUnitsPerSecond, readUnitsPerSecond } = tableUsage(model, resource);
  const steady = steadyShare(model);
  return [
    hourly(resource, 'write units', 'dynamodb.writeUnitHours', capacity(resource, writeUnitsPerSecond, 'Write'), { commitment: { plan: 'reservedWrites', steadyShare: steady } }),
    hourly(resource, 'read units', 'dynamodb.readUnitHours', capacity(resource, readUnitsPerSecond, 'Read'), { commitment: { plan: 'reservedReads', steadyShare: steady } }),
  ];
}

/** Provisioned units in the mean: as stated, or what the load asks for between the bounds of their scaling. */
function capacity(resource: TopologyResource, used: Amount, kind: 'Write' | 'Read'): Amount {
  const fixed = numberOf(resource, `ProvisionedThroughput.${kind}CapacityUnits`);
  if (fixed !== undefined) {
    return declared(fixed, `\`${kind}CapacityUnits\` of the template`);
  }
  const settings = [`${kind}ProvisionedThroughputSettings`, `Replicas.${kind}ProvisionedThroughputSettings`];
  const stated = settings.map((it) => numberOf(resource, `${it}.${kind}CapacityUnits`)).find((it) => it !== undefined);
  if (stated !== undefined) {
    return declared(stated, `\`${kind}CapacityUnits\` of the template`);
  }
  const scaling = settings.map((it) => `${it}.${kind}CapacityAutoScalingSettings`).find((it) => numberOf(resource, `${it}.MinCapacity`) !== undefined);
  if (scaling === undefined) {
    return { ...used, why: `${used.why}; its provisioned units are not in the template` };
  }
  const least = numberOf(resource, `${scaling}.MinCapacity`)!;
  const most = numberOf(resource, `${scaling}.MaxCapacity`) ?? least;
  const target = numberOf(resource, `${scaling}.TargetTrackingScalingPolicyConfiguration.TargetValue`) ?? 70;
  const value = Math.min(most, Math.max(least, 100 * used.value / target));
  return { ...used, value, why: `${used.why}, at ${target} % between ${least} and ${most}` };
}
