import type { AttributeValue, Item } from '../../attribute-value';
import { bindValue } from '../../partiql/value-template';
import { EngineError } from '../engine-error';
import { type Condition, conjuncts } from '../expressions/condition';
import { holds } from '../expressions/evaluate';
import { project } from '../expressions/projection';
import { refuseKeyChange, updated, type Write } from '../operations/write-plan';
import type { ItemPlace } from '../storage/key-schema';
import type { MemoryTable } from '../storage/memory-table';
import { attributesOf, storedItem } from '../storage/stored-item';
import type { StatementOf } from './statement';

/** A statement with its parameters and its table. */
export interface BoundStatement<Statement> {
  readonly statement: Statement;
  readonly parameters: readonly AttributeValue[];
  readonly table: MemoryTable;
}

/** The item of an insert. */
export function insertedItem({ statement, parameters }: BoundStatement<StatementOf<'insert'>>): Item {
  const item: Record<string, AttributeValue> = {};
  for (const { name, value } of statement.attributes) {
    const bound = bindValue(value, parameters) as AttributeValue;
    if (name === '__proto__') {
      Object.defineProperty(item, name, { value: bound, enumerable: true, configurable: true, writable: true });
    } else {
      item[name] = bound;
    }
  }
  return item;
}

/** Works an insert out. @throws EngineError when the key is taken or the item cannot be stored */
export function workOutInsert(table: MemoryTable, place: ItemPlace, item: Item): Write {
  if (table.get(place) !== undefined) {
    throw EngineError.duplicateItem();
  }
  return { table, place, before: undefined, after: storedItem(item) };
}

/** The place that a WHERE names. @throws EngineError when it does not name one item */
export function placeOfWhere({ statement: { where }, parameters, table }: BoundStatement<{ readonly where: Condition }>): ItemPlace {
  const key = Object.fromEntries(equalities(where, parameters).filter(([name]) => table.keys.has(name)));
  if (table.keys.attributes.some(({ name }) => !Object.hasOwn(key, name))) {
    throw EngineError.validation('Where clause does not contain a mandatory equality on all key attributes');
  }
  return table.keys.placeOf(key);
}

/** The partition that a WHERE confines itself to. */
export function partitionOfWhere(where: Condition, parameters: readonly AttributeValue[], table: MemoryTable): string | undefined {
  const { name, type } = table.keys.partitionKey;
  return equalities(where, parameters).find(([attribute]) => attribute === name)?.[1][type];
}

/** Works an update out: the item has to be there and fit the condition. @throws EngineError */
export function workOutUpdate({ statement: { actions, where }, parameters, table }: BoundStatement<StatementOf<'update'>>, place: ItemPlace): Write {
  refuseKeyChange(actions, table.keys);
  const before = table.get(place);
  const item = attributesOf(before);
  if (before === undefined || !holds(where, item, parameters)) {
    throw EngineError.conditionFailed();
  }
  return { table, place, before, after: updated(actions, item, parameters) };
}

/** Works a deletion out. An item that is not there is deleted; one that does not fit the condition is not. @throws EngineError */
export function workOutDelete({ statement: { where }, parameters, table }: BoundStatement<StatementOf<'delete'>>, place: ItemPlace): Write {
  const before = table.get(place);
  if (before !== undefined && !holds(where, attributesOf(before), parameters)) {
    throw EngineError.conditionFailed();
  }
  return { table, place, before, after: undefined };
}

/** What a statement answers with, as JSON; undefined where it asks for nothing or nothing is there. */
export function returned(statement: StatementOf<'update' | 'delete'>, { before, after }: Write): string | undefined {
  const { returning } = statement;
  const stored = returning?.moment === 'NEW' ? after : before;
  if (returning === undefined || stored === undefined) {
    return undefined;
  }
  if (returning.part === 'ALL' || statement.kind === 'delete') {
    return stored.json;
  }
  return JSON.stringify(project(attributesOf(stored), statement.actions.map(({ path }) => path)));
}

/** What is compared with `=` between the outermost ANDs. */
function equalities(where: Condition, parameters: readonly AttributeValue[]): [string, AttributeValue][] {
  return conjuncts(where).flatMap((part): [string, AttributeValue][] => {
    if (part.kind !== 'compare' || part.comparator !== '=' || part.left.kind !== 'path' || part.left.path.length > 1 || part.right.kind !== 'given') {
      return [];
    }
    return [[part.left.path[0], bindValue(part.right.value, parameters) as AttributeValue]];
  });
}
