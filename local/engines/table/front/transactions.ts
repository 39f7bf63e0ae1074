import { imageOf } from '../item-image';
import type { Item } from '../attribute-value';
import { TRANSACTION_FACTOR } from '../limiter/request-units';
import type { ThroughputLimiter } from '../limiter/throughput-limiter';
import type { Answer } from './answer';
import { arrayMember, type FrontCall, type FrontContext, type Json, objectMember, settleWrite } from './front-context';
import { planKeyed, planPut, type UnitsOfWrite } from './item-writes';
import type { ItemKey, ServedTable } from './served-table';
import { ServiceError, throttlingCode, throttlingMessage } from './service-error';

/** What an item of a transaction takes from a limiter. */
interface Claim {
  readonly table: ServedTable;
  readonly limiter: ThroughputLimiter;
  readonly key: ItemKey;
  readonly units: number;
}

/** An item of a writing transaction. */
interface TransactionItem extends UnitsOfWrite {
  /** Nothing is written. */
  readonly checkOnly: boolean;
}

/** TransactWriteItems and TransactGetItems. */
export class TransactionOperations {
  constructor(private readonly context: FrontContext) {}

  /** All writes or none. @throws ServiceError */
  public async write(call: FrontCall): Promise<Answer> {
    const items = arrayMember(call.input, 'TransactItems').map((item) => this.planItem(item));
    this.refuseUnstorable(items);
    claimAll(items.map(({ write: { table, key }, units }) => ({ table, limiter: table.writes, key, units })));
    const writes = items.filter((item) => !item.checkOnly);
    writes.forEach(({ write }) => write.table.itemsWritten++);
    const { answer, sizes } = await this.context.cutter.run(
      writes.map(({ write }) => write),
      () => this.context.engine.forward(call.operation, call.body),
      ({ status }) => () => status === 200,
      // A transaction that repeats its client token is answered with success and changes nothing.
      true,
    );
    writes.forEach(({ write, units }, index) => settleWrite(write.table, write.key, units, sizes.get(index), TRANSACTION_FACTOR));
    return answer;
  }

  /** Reads of one moment. @throws ServiceError */
  public async read(call: FrontCall): Promise<Answer> {
    const claims = arrayMember(call.input, 'TransactItems').map((item): Claim => {
      const get = objectMember(item, 'Get');
      const table = this.context.table(get.TableName);
      const attributes = objectMember(get, 'Key') as Item;
      return { table, limiter: table.reads, key: table.key((name) => attributes[name]), units: table.readUnits(0, true) * TRANSACTION_FACTOR };
    });
    claimAll(claims);
    claims.forEach(({ table }) => table.itemsRead++);
    const answer = await this.context.engine.forward(call.operation, call.body);
    if (answer.status === 200) {
      const responses: { Item?: Item }[] = JSON.parse(answer.body).Responses;
      claims.forEach(({ table, key, units }, index) => {
        const item = responses[index]?.Item;
        table.reads.charge(item ? table.readUnits(imageOf(item).bytes, true) * TRANSACTION_FACTOR - units : 0, key.partitionKey);
      });
    }
    return answer;
  }

  private refuseUnstorable(items: readonly TransactionItem[]): void {
    const refusals = items.map(({ write, checkOnly }) => (checkOnly ? undefined : this.context.refusalOf(write)));
    if (refusals.some((refusal) => refusal !== undefined)) {
      throw ServiceError.transactionCanceled(refusals.map((refusal) =>
        (refusal === undefined ? { Code: 'None' } : { Code: 'ValidationError', Message: refusal.message })));
    }
  }

  private planItem(item: Json): TransactionItem {
    const actions = Object.keys(item);
    const action = actions[0];
    if (actions.length !== 1 || !['Put', 'Update', 'Delete', 'ConditionCheck'].includes(action)) {
      throw ServiceError.validation('TransactItems can only contain one of Check, Put, Update or Delete');
    }
    const input = objectMember(item, action);
    const table = this.context.table(input.TableName);
    const planned = action === 'Put'
      ? planPut(table, objectMember(input, 'Item') as Item)
      : planKeyed(table, action === 'Update' ? 'update' : 'delete', input);
    return { write: planned.write, units: planned.units * TRANSACTION_FACTOR, checkOnly: action === 'ConditionCheck' };
  }
}

/** Takes the units of all items, or of none. @throws ServiceError with a reason for each item that is over a limit */
function claimAll(claims: readonly Claim[]): void {
  const bounds = claims.map(({ limiter, key, units }) => limiter.take(units, key.partitionKey));
  if (bounds.every((bound) => bound === undefined)) {
    return;
  }
  claims.forEach(({ limiter, key, units }, index) => {
    if (bounds[index] === undefined) {
      limiter.charge(-units, key.partitionKey);
    }
  });
  throw ServiceError.transactionCanceled(claims.map(({ table: { billing } }, index) =>
    bounds[index] === undefined ? { Code: 'None' } : { Code: throttlingCode(billing), Message: throttlingMessage(billing) }));
}
