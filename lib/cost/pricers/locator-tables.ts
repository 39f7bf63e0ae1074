import { sizeKeyspaces } from '../../sizing/keyspaces';
import { BILLED_GB } from '../../sizing/monthly-cost';
import { assumed, declared, derived } from '../amount';
import type { Charge } from '../charge';
import { numberOf, property, textOf } from '../usage/properties';
import type { UsageModel } from '../usage/usage-model';
import type { TopologyResource } from '../../topology';
import { charge, flowing, hourly, type Pricer } from './pricer';

const SECONDS_PER_DAY = 86_400;
const DAYS_PER_MONTH = 730 / 24;

/** Keyspaces tables: units, storage, recovery, and rows that expire. */
export const locatorTablePricer: Pricer = {
  types: ['AWS::Cassandra::Table'],
  price(resource, model) {
    const rows = model.use(resource, 'writeUnitsPerSecond', () => rowsOf(resource, model));
    const facts = model.facts(resource);
    const rowBytes = facts.number('target/keyspaces.locatorBytes') + facts.number('keyspaces/row.metadataBytes');
    const life = numberOf(resource, 'DefaultTimeToLive');
    const days = Math.min(model.assumption('archiveMonths') * DAYS_PER_MONTH, life === undefined ? Infinity : life / SECONDS_PER_DAY);
    const stored = model.use(resource, 'storedGigabytes', () => ({ ...rows, kind: 'assumed', value: rows.value * days * SECONDS_PER_DAY * rowBytes / BILLED_GB, why: `${rows.why}, ${Math.round(days)} days of them` }));
    return [
      ...units(resource, rows.value, model),
      charge(resource, 'storage', 'keyspaces.storage', stored),
      ...(property(resource, 'PointInTimeRecoveryEnabled') === true ? [charge(resource, 'point-in-time recovery', 'keyspaces.recovery', stored)] : []),
      ...(life !== undefined && life / SECONDS_PER_DAY <= model.assumption('archiveMonths') * DAYS_PER_MONTH
        ? [flowing(resource, 'expired rows', 'keyspaces.expiredRows', rows)] : []),
    ];
  },
};

function rowsOf(resource: TopologyResource, model: UsageModel): ReturnType<typeof derived> {
  const decided = model.decidedNumber(resource, 'rowsPerSecond');
  if (decided === undefined) {
    return model.assume('rareWritesPerSecond', 'a table that the payments do not pass');
  }
  const { rowsPerSecond } = sizeKeyspaces(model.average, model.facts(resource));
  return derived(rowsPerSecond, 'a row for each merchant, bucket and interval with payments');
}

function units(resource: TopologyResource, rows: number, model: UsageModel): Charge[] {
  const write = numberOf(resource, 'BillingMode.ProvisionedThroughput.WriteCapacityUnits');
  const read = numberOf(resource, 'BillingMode.ProvisionedThroughput.ReadCapacityUnits');
  return textOf(resource, 'BillingMode.Mode') === 'PROVISIONED' && write !== undefined
    ? [
      hourly(resource, 'write units', 'keyspaces.writeUnitHours', declared(write, '`WriteCapacityUnits` of the template')),
      hourly(resource, 'read units', 'keyspaces.readUnitHours', declared(read ?? 1, '`ReadCapacityUnits` of the template')),
    ]
    : [
      flowing(resource, 'write requests', 'keyspaces.writeRequests', derived(rows, 'rows that are written')),
      flowing(resource, 'read requests', 'keyspaces.readRequests', assumed(model.assumption('rareCallsPerSecond'), 'reads of auditors')),
    ];
}
