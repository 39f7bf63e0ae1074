import type { AttributeValue, Item } from '../attribute-value';
import { imageOf } from '../item-image';
import type { Answer } from './answer';
import { admitWrite, arrayMember, type FrontCall, type FrontContext, type Json, objectMember, settleWrite } from './front-context';
import type { ServedTable } from './served-table';
import { ServiceError } from './service-error';
import type { PlannedWrite } from './stream-cutter';

/** A write and the units that it has to be let through with. */
export interface UnitsOfWrite {
  readonly write: PlannedWrite;
  readonly units: number;
}

/** Plans a write that gives a whole item. */
export function planPut(table: ServedTable, item: Item): UnitsOfWrite {
  const key = table.key((name) => item[name]);
  return { write: { table, key, kind: 'put', item }, units: table.writeUnits(imageOf(item).bytes) };
}

/** Plans a write that gives a key only; an update is let through by the size of its values, which is all that is known before it. */
export function planKeyed(table: ServedTable, kind: 'update' | 'delete', input: Json): UnitsOfWrite {
  const attributes = objectMember(input, 'Key') as Item;
  const key = table.key((name) => attributes[name]);
  const values = kind === 'update' ? (input.ExpressionAttributeValues as Item | undefined) ?? {} : {};
  return { write: { table, key, kind }, units: table.writeUnits(key.image.bytes + imageOf(values).bytes) };
}

/** PutItem, UpdateItem, DeleteItem and BatchWriteItem. */
export class ItemWriteOperations {
  constructor(private readonly context: FrontContext) {}

  /** PutItem, UpdateItem or DeleteItem. @throws ServiceError */
  public async write(call: FrontCall): Promise<Answer> {
    const table = this.context.table(call.input.TableName);
    const { write, units } = call.operation === 'PutItem'
      ? planPut(table, objectMember(call.input, 'Item') as Item)
      : planKeyed(table, call.operation === 'UpdateItem' ? 'update' : 'delete', call.input);
    this.context.refuseUnstorable(write);
    admitWrite(table, write.key, units);
    const { answer, sizes } = await this.context.cutter.run(
      [write],
      () => this.context.engine.forward(call.operation, call.body),
      ({ status }) => () => status === 200,
    );
    settleWrite(table, write.key, units, sizes.get(0));
    return answer;
  }

  /** BatchWriteItem: what is over a limit comes back as unprocessed. @throws ServiceError when that is everything. */
  public async writeBatch(call: FrontCall): Promise<Answer> {
    const planned: UnitsOfWrite[] = [];
    const forwarded: Record<string, Json[]> = {};
    const unprocessed: Record<string, Json[]> = {};
    let refusal: ServiceError | undefined;
    const requestItems = objectMember(call.input, 'RequestItems');
    const requests = Object.keys(requestItems).flatMap((name) => {
      const table = this.context.table(name);
      return arrayMember(requestItems, name).map((request) => ({ name, request, plan: planRequest(table, request) }));
    });
    if (new Set(requests.map(({ plan }) => plan.write.key.id)).size < requests.length) {
      throw ServiceError.validation('Provided list of item keys contains duplicates');
    }
    requests.forEach(({ plan }) => this.context.refuseUnstorable(plan.write));
    for (const { name, request, plan } of requests) {
      const { key, table } = plan.write;
      const bound = table.writes.take(plan.units, key.partitionKey);
      if (bound === undefined) {
        table.itemsWritten++;
        planned.push(plan);
      } else {
        refusal ??= table.throttled('Write', bound);
      }
      ((bound === undefined ? forwarded : unprocessed)[name] ??= []).push(request);
    }
    if (planned.length === 0 && refusal !== undefined) {
      throw refusal;
    }
    const body = refusal === undefined ? call.body : JSON.stringify({ ...call.input, RequestItems: forwarded });
    return this.forwardBatch(call, body, planned, unprocessed);
  }

  private async forwardBatch(
    call: FrontCall,
    body: Buffer | string,
    planned: readonly UnitsOfWrite[],
    unprocessed: Record<string, Json[]>,
  ): Promise<Answer> {
    const { answer, sizes } = await this.context.cutter.run(
      planned.map(({ write }) => write),
      () => this.context.engine.forward(call.operation, body),
      ({ status, body: text }) => {
        const left = status === 200 ? this.unprocessedIds(JSON.parse(text).UnprocessedItems ?? {}) : undefined;
        return (index) => left?.has(planned[index].write.key.id) === false;
      },
    );
    planned.forEach(({ write, units }, index) => settleWrite(write.table, write.key, units, sizes.get(index)));
    if (answer.status !== 200 || Object.keys(unprocessed).length === 0) {
      return answer;
    }
    const output = JSON.parse(answer.body);
    for (const [name, requests] of Object.entries(unprocessed)) {
      output.UnprocessedItems = { ...output.UnprocessedItems, [name]: [...output.UnprocessedItems?.[name] ?? [], ...requests] };
    }
    return { status: 200, body: JSON.stringify(output) };
  }

  private unprocessedIds(unprocessed: Record<string, Json[]>): Set<string> {
    return new Set(Object.entries(unprocessed).flatMap(([name, requests]) =>
      requests.map((request) => planRequest(this.context.table(name), request).write.key.id)));
  }
}

function planRequest(table: ServedTable, request: Json): UnitsOfWrite {
  return request.PutRequest !== undefined
    ? planPut(table, objectMember(objectMember(request, 'PutRequest'), 'Item') as Record<string, AttributeValue>)
    : planKeyed(table, 'delete', objectMember(request, 'DeleteRequest'));
}
