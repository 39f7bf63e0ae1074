import { expectedUnits } from '../../sizing/expected-units';
import { packedTraffic, roundedUnits } from '../../sizing/stream-traffic';
import type { TopologyResource } from '../../topology';
import { type Amount, declared, derived, weakest } from '../amount';
import { numberOf, textOf } from './properties';
import { text, trafficOf } from './traffic';
import type { UsageModel } from './usage-model';

/** What is written to a stream in a second. */
export interface StreamUsage {
  readonly recordsPerSecond: Amount;
  readonly bytesPerSecond: Amount;
  /** Each record rounded up to 25 KB. */
  readonly putUnitsPerSecond: Amount;
  /** Each record rounded up to 1 KB: what the on-demand mode bills. */
  readonly billedBytesPerSecond: Amount;
  readonly paymentsPerRecord: number;
}

const ON_DEMAND_UNIT_BYTES = 1024;

/** Records and bytes of a stream: packed as its construct decided, else one payment a record. */
export function streamUsage(model: UsageModel, stream: TopologyResource): StreamUsage {
  const flow = trafficOf(model, stream);
  const facts = model.facts(stream);
  const { payloadSize, paymentsPerRequest } = model.workload;
  const decided = model.decidedNumber(stream, 'paymentsPerRecord');
  const unitBytes = facts.number('kinesis/putUnit.bytes');
  // A request that holds more payments than a record was planned for fills it further.
  const paymentsPerRecord = decided === undefined ? 1 : Math.max(decided, Math.min(paymentsPerRequest, unitBytes / payloadSize.meanBytes));
  const packed = decided === undefined
    ? { recordsPerSecond: flow.value, bytesPerSecond: flow.value * payloadSize.meanBytes, bytesPerRecord: payloadSize.meanBytes }
    : packedTraffic(model.workload, facts, flow.value, paymentsPerRecord);
  const kind = weakest(flow.kind, decided === undefined ? 'assumed' : 'derived');
  const how = decided === undefined ? 'a record for each payment, as nobody tells of packing' : `${text(paymentsPerRecord)} payments a record`;
  const records = model.use(stream, 'recordsPerSecond', () => ({ value: packed.recordsPerSecond, kind, why: `${text(flow.value)}/s, ${how}` }));
  const bytesPerRecord = model.use(stream, 'bytesPerRecord', () => ({ value: packed.bytesPerRecord, kind, why: `${text(packed.bytesPerRecord)} B a record` }));
  const rounded = (bytes: number): number => (decided === undefined
    ? bytesPerRecord.kind === 'declared' ? Math.ceil(bytesPerRecord.value / bytes) : expectedUnits(payloadSize, 0, 1, bytes)
    : roundedUnits(payloadSize, paymentsPerRecord, packed.bytesPerRecord, bytes));
  const of = (perRecord: number, why: string): Amount =>
    ({ value: records.value * perRecord, kind: weakest(records.kind, bytesPerRecord.kind), why: `${records.why}; ${why}` });
  return {
    recordsPerSecond: records,
    bytesPerSecond: of(bytesPerRecord.value, bytesPerRecord.why),
    // Packing stops at one unit, so that only a record of a single payment can be larger.
    putUnitsPerSecond: of(paymentsPerRecord >= 2 ? 1 : rounded(unitBytes), `units of ${unitBytes} B`),
    billedBytesPerSecond: of(rounded(ON_DEMAND_UNIT_BYTES) * ON_DEMAND_UNIT_BYTES, 'each record rounded up to 1 KB'),
    paymentsPerRecord,
  };
}

/** Shards of a stream with provisioned shards; undefined on demand. */
export function shardsOf(model: UsageModel, stream: TopologyResource): Amount | undefined {
  if (textOf(stream, 'StreamModeDetails.StreamMode') === 'ON_DEMAND') {
    return undefined;
  }
  return model.use(stream, 'shards', () => declared(numberOf(stream, 'ShardCount') ?? 1, '`ShardCount` of the template'));
}

/** Shards that the readers of a stream find. On demand there are as many as the traffic asks for. */
export function shardsForReaders(model: UsageModel, stream: TopologyResource): Amount {
  const provisioned = shardsOf(model, stream);
  if (provisioned !== undefined) {
    return provisioned;
  }
  const facts = model.facts(stream);
  const { recordsPerSecond, bytesPerSecond } = streamUsage(model, stream);
  const byRecords = recordsPerSecond.value / facts.number('kinesis/shard.writeRecordsPerSec');
  const byBytes = bytesPerSecond.value / facts.number('kinesis/shard.writeBytesPerSec');
  return derived(Math.max(1, Math.ceil(2 * Math.max(byRecords, byBytes))), 'twice what the mean rate asks for, as the on-demand mode keeps');
}
