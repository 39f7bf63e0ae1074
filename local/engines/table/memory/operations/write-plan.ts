import type { Item } from '../../attribute-value';
import { EngineError } from '../engine-error';
import { applyUpdate } from '../expressions/apply-update';
import type { Condition } from '../expressions/condition';
import { parseCondition } from '../expressions/condition-parser';
import type { DocumentPath } from '../expressions/document-path';
import { holds } from '../expressions/evaluate';
import type { UpdateAction } from '../expressions/update';
import { parseUpdate } from '../expressions/update-parser';
import { choice, type Json, objectMember, textMember } from '../request';
import type { Database } from '../storage/database';
import type { ItemPlace, KeySchema } from '../storage/key-schema';
import type { MemoryTable } from '../storage/memory-table';
import { attributesOf, type StoredItem, storedItem } from '../storage/stored-item';
import { checkedItem } from '../values/checked-value';
import { expressionsOf } from './expressions-of';

/** A write of one item whose request is read, before the table is looked at. */
export interface WritePlan {
  readonly table: MemoryTable;
  readonly condition: Condition | undefined;
  /** The error of a failed condition shows the item. */
  readonly showsItem: boolean;
  /** Paths that an update names. */
  readonly touched: readonly DocumentPath[];
  /** Which item. @throws EngineError when the key does not fit the table */
  locate(): ItemPlace;
  /** What is there afterwards. @throws EngineError when the write does not fit what is there */
  result(before: StoredItem | undefined): StoredItem | undefined;
}

/** A write that is known to succeed. */
export interface Write {
  readonly table: MemoryTable;
  readonly place: ItemPlace;
  readonly before: StoredItem | undefined;
  readonly after: StoredItem | undefined;
}

/** Looks at the table and works the write out, without storing anything. @throws EngineError when it fails */
export function workOut(plan: WritePlan): Write {
  const { table, condition } = plan;
  const place = plan.locate();
  const before = table.get(place);
  if (condition !== undefined && !holds(condition, attributesOf(before))) {
    throw EngineError.conditionFailed(plan.showsItem ? before?.json : undefined);
  }
  return { table, place, before, after: plan.result(before) };
}

/** Stores what was worked out. */
export function carryOut({ table, place, after }: Write): void {
  table.replace(place, after);
}

/** Reads the members of PutItem or of a transaction's Put. @throws EngineError */
export function planPut(database: Database, input: Json): WritePlan {
  const { table, showsItem, condition } = planCommon(database, input);
  const item = checkedItem(objectMember(input, 'Item'));
  const stored = storedItem(item);
  return { table, condition, showsItem, touched: [], locate: () => table.keys.placeOf(item), result: () => stored };
}

/** Reads the members of UpdateItem or of a transaction's Update. @throws EngineError */
export function planUpdate(database: Database, input: Json): WritePlan {
  const { table, showsItem, condition, actions = [] } = planCommon(database, input);
  const key = checkedItem(objectMember(input, 'Key'));
  refuseKeyChange(actions, table.keys);
  return {
    table, condition, showsItem, touched: actions.map(({ path }) => path), locate: () => table.keys.placeOfKey(key),
    result: (before) => updated(actions, before === undefined ? key : attributesOf(before)),
  };
}

/** Reads the members of DeleteItem or of a transaction's Delete. @throws EngineError */
export function planDelete(database: Database, input: Json): WritePlan {
  return planKeyed(database, input, () => undefined);
}

/** Reads the members of a transaction's ConditionCheck. @throws EngineError */
export function planCheck(database: Database, input: Json): WritePlan {
  textMember(input, 'ConditionExpression');
  return planKeyed(database, input, (before) => before);
}

/** The item that an update leaves. @throws EngineError */
export function updated(actions: readonly UpdateAction[], item: Item, parameters: Parameters<typeof applyUpdate>[2] = []): StoredItem {
  return storedItem(checkedItem(applyUpdate(actions, item, parameters)), 'Item size to update');
}

/** @throws EngineError when an update touches the key */
export function refuseKeyChange(actions: readonly UpdateAction[], keys: KeySchema): void {
  const action = actions.find(({ path }) => keys.has(path[0]));
  if (action !== undefined) {
    throw EngineError.validation(
      `One or more parameter values were invalid: Cannot update attribute ${action.path[0]}. This attribute is part of the key`,
    );
  }
}

function planKeyed(database: Database, input: Json, result: WritePlan['result']): WritePlan {
  const { table, showsItem, condition } = planCommon(database, input);
  const key = checkedItem(objectMember(input, 'Key'));
  return { table, condition, showsItem, touched: [], locate: () => table.keys.placeOfKey(key), result };
}

function planCommon(database: Database, input: Json): Pick<WritePlan, 'table' | 'showsItem' | 'condition'> & { actions?: readonly UpdateAction[] } {
  const table = database.table(textMember(input, 'TableName'));
  const expressions = expressionsOf(input, { UpdateExpression: parseUpdate, ConditionExpression: parseCondition });
  return {
    table,
    condition: expressions.ConditionExpression,
    actions: expressions.UpdateExpression,
    showsItem: choice(input, 'ReturnValuesOnConditionCheckFailure', ['NONE', 'ALL_OLD']) === 'ALL_OLD',
  };
}
