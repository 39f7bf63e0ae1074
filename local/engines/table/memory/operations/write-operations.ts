import type { Item } from '../../attribute-value';
import { Facts } from '../../../../../lib/facts';
import { EngineError } from '../engine-error';
import { project } from '../expressions/projection';
import { choice, isObject, type Json, listMember, objectMember, refuseOthers } from '../request';
import type { Database } from '../storage/database';
import { attributesOf, type StoredItem } from '../storage/stored-item';
import { carryOut, planDelete, planPut, planUpdate, type WritePlan, workOut } from './write-plan';

const EXPRESSION_MEMBERS = [
  'TableName', 'ConditionExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues', 'ReturnValues', 'ReturnValuesOnConditionCheckFailure',
];
const PUT_MEMBERS: ReadonlySet<string> = new Set([...EXPRESSION_MEMBERS, 'Item']);
const UPDATE_MEMBERS: ReadonlySet<string> = new Set([...EXPRESSION_MEMBERS, 'Key', 'UpdateExpression']);
const DELETE_MEMBERS: ReadonlySet<string> = new Set([...EXPRESSION_MEMBERS, 'Key']);
const MAXIMUM_BATCH_WRITES = Facts.DEFAULT.number('dynamodb/batchWrite.maxItems');

/** PutItem, UpdateItem, DeleteItem and BatchWriteItem. */
export class WriteOperations {
  constructor(private readonly database: Database) {}

  /** @throws EngineError */
  public put(input: Json): string {
    refuseOthers(input, 'PutItem', PUT_MEMBERS);
    const returns = choice(input, 'ReturnValues', ['NONE', 'ALL_OLD']);
    return this.write(planPut(this.database, input), ({ before }) => (returns === 'NONE' ? undefined : before?.json));
  }

  /** @throws EngineError */
  public update(input: Json): string {
    refuseOthers(input, 'UpdateItem', UPDATE_MEMBERS);
    const returns = choice(input, 'ReturnValues', ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW']);
    const plan = planUpdate(this.database, input);
    const touched = (stored: StoredItem | undefined): string | undefined => {
      const part = project(attributesOf(stored), plan.touched);
      return Object.keys(part).length === 0 ? undefined : JSON.stringify(part);
    };
    return this.write(plan, ({ before, after }) => {
      switch (returns) {
        case 'NONE':
          return undefined;
        case 'ALL_OLD':
          return before?.json;
        case 'ALL_NEW':
          return after?.json;
        case 'UPDATED_OLD':
          return touched(before);
        case 'UPDATED_NEW':
          return touched(after);
      }
    });
  }

  /** @throws EngineError */
  public delete(input: Json): string {
    refuseOthers(input, 'DeleteItem', DELETE_MEMBERS);
    const returns = choice(input, 'ReturnValues', ['NONE', 'ALL_OLD']);
    return this.write(planDelete(this.database, input), ({ before }) => (returns === 'NONE' ? undefined : before?.json));
  }

  /** Puts and deletes, each by itself. @throws EngineError */
  public writeBatch(input: Json): string {
    refuseOthers(input, 'BatchWriteItem', new Set(['RequestItems']));
    const requestItems = objectMember(input, 'RequestItems');
    const writes = Object.keys(requestItems).flatMap((name) =>
      listMember(requestItems, name, MAXIMUM_BATCH_WRITES).map((request) => workOut(this.planRequest(name, request))));
    if (writes.length === 0 || writes.length > MAXIMUM_BATCH_WRITES) {
      throw EngineError.validation(`Too many items requested for the BatchWriteItem call: it takes 1 to ${MAXIMUM_BATCH_WRITES}`);
    }
    const ids = new Set(writes.map(({ table, place }) => JSON.stringify([table.name, place.partition, place.sort])));
    if (ids.size < writes.length) {
      throw EngineError.validation('Provided list of item keys contains duplicates');
    }
    writes.forEach(carryOut);
    return '{"UnprocessedItems":{}}';
  }

  private write(plan: WritePlan, attributes: (write: ReturnType<typeof workOut>) => string | undefined): string {
    const write = workOut(plan);
    carryOut(write);
    const json = attributes(write);
    return json === undefined ? '{}' : `{"Attributes":${json}}`;
  }

  private planRequest(TableName: string, request: Json): WritePlan {
    refuseOthers(request, 'a request of BatchWriteItem', new Set(['PutRequest', 'DeleteRequest']));
    const { PutRequest: put, DeleteRequest: remove } = request;
    if (isObject(put) === isObject(remove)) {
      throw EngineError.validation('Supplied AttributeValue has more than one datatypes set, must contain exactly one of PutRequest and DeleteRequest');
    }
    return isObject(put)
      ? planPut(this.database, { TableName, Item: put.Item as Item })
      : planDelete(this.database, { TableName, Key: objectMember(request, 'DeleteRequest').Key as Item });
  }
}
