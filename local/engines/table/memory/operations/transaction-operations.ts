import { createHash } from 'node:crypto';
import type { Clock } from '../../clock';
import { Facts } from '../../../../../lib/facts';
import { type CancellationReason, EngineError } from '../engine-error';
import { type Json, listMember, objectMember, optionalText, refuseOthers } from '../request';
import type { Database } from '../storage/database';
import type { ItemPlace } from '../storage/key-schema';
import type { MemoryTable } from '../storage/memory-table';
import { itemAnswer, planRead } from './read-operations';
import { carryOut, planCheck, planDelete, planPut, planUpdate, type Write, type WritePlan, workOut } from './write-plan';

const MAXIMUM_ITEMS = Facts.DEFAULT.number('dynamodb/transactWrite.maxItems');
/** How long a client token is remembered, in milliseconds. Source: TransactWriteItems in the DynamoDB API reference. */
const TOKEN_MILLISECONDS = 10 * 60 * 1000;
const MAXIMUM_TOKEN_LENGTH = 36;

const CONDITION_MEMBERS = [
  'TableName', 'ConditionExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues', 'ReturnValuesOnConditionCheckFailure',
];
const GET_MEMBERS: ReadonlySet<string> = new Set(['TableName', 'Key', 'ProjectionExpression', 'ExpressionAttributeNames']);

interface Action {
  readonly members: ReadonlySet<string>;
  readonly plan: (database: Database, input: Json) => WritePlan;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  Put: { members: new Set([...CONDITION_MEMBERS, 'Item']), plan: planPut },
  Update: { members: new Set([...CONDITION_MEMBERS, 'Key', 'UpdateExpression']), plan: planUpdate },
  Delete: { members: new Set([...CONDITION_MEMBERS, 'Key']), plan: planDelete },
  ConditionCheck: { members: new Set([...CONDITION_MEMBERS, 'Key']), plan: planCheck },
};

/** A transaction that was carried out under a client token. */
interface Remembered {
  readonly digest: string;
  readonly at: number;
}

/** TransactWriteItems and TransactGetItems. */
export class TransactionOperations {
  /** By client token, the oldest first. */
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly database: Database, private readonly clock: Clock) {}

  /** All writes or none. @throws EngineError */
  public write(input: Json): string {
    refuseOthers(input, 'TransactWriteItems', new Set(['TransactItems', 'ClientRequestToken']));
    const items = listMember(input, 'TransactItems', MAXIMUM_ITEMS);
    const token = optionalText(input, 'ClientRequestToken');
    if (token !== undefined && this.isRepeated(token, items)) {
      return '{}';
    }
    const plans = items.map((item) => this.plan(item));
    refuseTwice(plans.map(idOfPlan));
    this.workOutAll(plans).forEach(carryOut);
    if (token !== undefined) {
      this.remembered.set(token, { digest: digestOf(items), at: this.clock() });
    }
    return '{}';
  }

  /** Items of one moment. @throws EngineError */
  public read(input: Json): string {
    refuseOthers(input, 'TransactGetItems', new Set(['TransactItems']));
    const reads = listMember(input, 'TransactItems', MAXIMUM_ITEMS).map((item) => {
      refuseOthers(item, 'an item of TransactGetItems', new Set(['Get']));
      const get = objectMember(item, 'Get');
      refuseOthers(get, 'Get of TransactGetItems', GET_MEMBERS);
      return planRead(this.database, get);
    });
    refuseTwice(reads.map(idOf));
    return `{"Responses":[${reads.map(itemAnswer).join(',')}]}`;
  }

  private plan(item: Json): WritePlan {
    const names = Object.keys(item).filter((name) => item[name] !== null);
    const [name] = names;
    if (names.length !== 1 || !Object.hasOwn(ACTIONS, name)) {
      throw EngineError.validation('TransactItems can only contain one of Check, Put, Update or Delete');
    }
    const input = objectMember(item, name);
    refuseOthers(input, `${name} of TransactWriteItems`, ACTIONS[name].members);
    return ACTIONS[name].plan(this.database, input);
  }

  private workOutAll(plans: readonly WritePlan[]): Write[] {
    const writes: Write[] = [];
    const reasons = plans.map((plan): CancellationReason => {
      try {
        writes.push(workOut(plan));
        return { Code: 'None' };
      } catch (error) {
        if (error instanceof EngineError) {
          return error.cancellationReason;
        }
        throw error;
      }
    });
    if (writes.length < plans.length) {
      throw EngineError.transactionCanceled(reasons);
    }
    return writes;
  }

  /** Whether this transaction was carried out within the last ten minutes. @throws EngineError when the token belongs to another */
  private isRepeated(token: string, items: readonly Json[]): boolean {
    if (token.length < 1 || token.length > MAXIMUM_TOKEN_LENGTH) {
      throw EngineError.validation(
        `1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have a length of 1 to ${MAXIMUM_TOKEN_LENGTH}`,
      );
    }
    const oldest = this.clock() - TOKEN_MILLISECONDS;
    for (const [known, { at }] of this.remembered) {
      if (at > oldest) {
        break;
      }
      this.remembered.delete(known);
    }
    const before = this.remembered.get(token);
    if (before !== undefined && before.digest !== digestOf(items)) {
      throw EngineError.tokenMismatch();
    }
    return before !== undefined;
  }
}

/** @param ids what names each item; undefined for one whose key does not fit its table */
function refuseTwice(ids: readonly (string | undefined)[]): void {
  const known = ids.filter((id) => id !== undefined);
  if (new Set(known).size < known.length) {
    throw EngineError.validation('Transaction request cannot include multiple operations on one item');
  }
}

function idOf({ table, place: { partition, sort } }: { readonly table: MemoryTable; readonly place: ItemPlace }): string {
  return JSON.stringify([table.name, partition, sort]);
}

/** The id of a write; undefined where its key does not fit the table, which the item's reason tells. */
function idOfPlan({ table, locate }: WritePlan): string | undefined {
  try {
    return idOf({ table, place: locate() });
  } catch (error) {
    if (error instanceof EngineError) {
      return undefined;
    }
    throw error;
  }
}

function digestOf(items: readonly Json[]): string {
  return createHash('sha256').update(JSON.stringify(items)).digest('base64');
}
