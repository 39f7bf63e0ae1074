import { sizeLedger } from '../../sizing/ledger';
import { balanceWritesPerSecond } from '../../sizing/projector';
import type { TopologyResource } from '../../topology';
import { type Amount, derived } from '../amount';
import { text } from './traffic';
import type { UsageModel } from './usage-model';

/** Rows that a projector writes in a second, over all its tables. */
export function balanceWrites(model: UsageModel, projector: TopologyResource): Amount {
  if (model.decided(projector, 'balanceWriteUnitsPerSecond') === undefined) {
    return derived(0, 'it writes no balances');
  }
  const facts = model.facts(projector);
  const [table] = model.topology.ofType('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table').filter((it) => model.decided(it, 'bucketsPerMerchant') !== undefined);
  const sized = model.once('ledger', () => sizeLedger(model.average, facts));
  const ledger = table === undefined ? sized : {
    ...sized,
    streamShards: model.decidedNumber(table, 'streamShards') ?? sized.streamShards,
    bucketsPerMerchant: model.decidedNumber(table, 'bucketsPerMerchant') ?? sized.bucketsPerMerchant,
  };
  const window = model.decidedNumber(projector, 'batchingWindow') ?? 1;
  const rows = balanceWritesPerSecond(model.average, ledger, facts, window);
  return derived(rows, `${text(rows)} rows that change within ${window} s, on ${ledger.streamShards} shards`);
}
