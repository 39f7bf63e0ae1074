import fc from 'fast-check';
import type { AttributeValue } from '../../../../../local/engines/table/attribute-value';
import type { Json } from './engines';

/** A call of an engine. */
export type Call = readonly [operation: string, input: Json];

const partition = fc.constantFrom('p', 'q').map((S) => ({ S }));
/** The last two have another order by UTF-16 than by UTF-8. */
const sort = fc.constantFrom('a', 'ab', 'b', 'é', '\uffee', '\u{1f600}').map((S) => ({ S }));
const key = fc.record({ pk: partition, sk: sort });
/** Equal ones among them now and then. */
const keys = fc.array(key, { minLength: 1, maxLength: 3 });
const number = fc.oneof(
  fc.constantFrom('0', '-0', '1.50', '1E+3', '-7', '0.001', '99999999999999999999999999999999999999', '+5', '1e-20', '9007199254740993'),
  fc.integer({ min: -20, max: 20 }).map(String),
).map((N) => ({ N }));
const text = fc.constantFrom('x', 'xy', 'payment', 'zé').map((S) => ({ S }));
const stringSet = fc.uniqueArray(fc.constantFrom('x', 'xy', 'z'), { minLength: 1 }).map((SS) => ({ SS }));
const numberSet = fc.uniqueArray(fc.constantFrom('1', '2', '3.5'), { minLength: 1 }).map((NS) => ({ NS }));
const list = fc.array(fc.oneof(number, text), { maxLength: 3 }).map((L) => ({ L }));
const map = fc.record({ i: number, j: text }, { requiredKeys: [] }).map((M) => ({ M: M as Record<string, AttributeValue> }));
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  number, text, stringSet, numberSet, list, map, fc.boolean().map((BOOL) => ({ BOOL })), fc.constant({ NULL: true }), fc.constantFrom('AA==', 'AAE=').map((B) => ({ B })),
);
const attributes = fc.record({ n: number, t: text, s: stringSet, ns: numberSet, l: list, m: map, v: value }, { requiredKeys: [] });
const item = fc.tuple(key, attributes).map(([place, rest]) => ({ ...place, ...rest }));

/** An expression and the placeholders that it uses. */
interface Expression {
  readonly text: string;
  readonly values: Record<string, AttributeValue>;
}

const named = (prefix: string, template: string, ...values: fc.Arbitrary<AttributeValue>[]): fc.Arbitrary<Expression> =>
  fc.tuple(...values).map((bound) => ({
    text: template.replace(/\?(\d)/g, (_, index) => `:${prefix}${index}`),
    values: Object.fromEntries(bound.map((it, index) => [`:${prefix}${index}`, it])),
  }));

const comparator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=');
const simpleCondition = (prefix: string): fc.Arbitrary<Expression> => fc.oneof(
  fc.constantFrom('attribute_exists(pk)', 'attribute_not_exists(pk)', 'attribute_exists(n)', 'attribute_not_exists(m.i)').map((it) => ({ text: it, values: {} })),
  comparator.chain((operator) => named(prefix, `n ${operator} ?0`, number)),
  comparator.chain((operator) => named(prefix, `t ${operator} ?0`, text)),
  comparator.chain((operator) => named(prefix, `m.i ${operator} ?0`, number)),
  named(prefix, 'v = ?0', value),
  named(prefix, 'v <> ?0', value),
  named(prefix, 'n BETWEEN ?0 AND ?1', fc.constant({ N: '-5' }), fc.constant({ N: '7' })),
  named(prefix, 't IN (?0, ?1)', text, text),
  named(prefix, 'begins_with(t, ?0)', text),
  named(prefix, 'contains(s, ?0)', text),
  named(prefix, 'contains(t, ?0)', text),
  named(prefix, 'contains(l, ?0)', fc.oneof(text, number)),
  named(prefix, 'attribute_type(v, ?0)', fc.constantFrom('S', 'N', 'SS', 'L', 'M', 'BOOL', 'NULL').map((S) => ({ S }))),
  named(prefix, 'size(l) > ?0', fc.integer({ min: 0, max: 3 }).map((it) => ({ N: String(it) }))),
);
const both = (left: Expression, right: Expression, join: string): Expression => ({ text: `${left.text} ${join} ${right.text}`, values: { ...left.values, ...right.values } });
const condition: fc.Arbitrary<Expression> = fc.oneof(
  { weight: 4, arbitrary: simpleCondition('c') },
  simpleCondition('c').map((it) => ({ ...it, text: `NOT (${it.text})` })),
  fc.tuple(simpleCondition('c'), simpleCondition('d'), fc.constantFrom('AND', 'OR')).map(([left, right, join]) => both(left, right, join)),
);
/** Rejected or not, the same actions on the same item. */
const update: fc.Arbitrary<Expression> = fc.oneof(
  named('u', 'SET n = ?0', number),
  named('u', 'SET n = n + ?0, t = ?1', number, text),
  named('u', 'SET n = if_not_exists(n, ?0) - ?1', number, number),
  named('u', 'SET #v = ?0 REMOVE t', value),
  named('u', 'ADD n ?0', number),
  named('u', 'ADD s ?0', stringSet),
  named('u', 'DELETE s ?0', stringSet),
  named('u', 'ADD ns ?0 SET t = ?1', numberSet, text),
  named('u', 'SET l = list_append(if_not_exists(l, ?0), ?1)', list, list),
  named('u', 'SET l[0] = ?0', text),
  named('u', 'SET l = ?0 REMOVE m, #v', list),
  named('u', 'SET m.i = ?0', number),
  named('u', 'SET m = ?0', map),
  named('u', 'REMOVE v, n'),
);

const TableName = 'table';
const expressionMembers = (expression: Expression | undefined, name: string): Json => (expression === undefined ? {} : { [name]: expression.text });
const valuesOf = (...expressions: (Expression | undefined)[]): Json => {
  const values = Object.assign({}, ...expressions.map((it) => it?.values ?? {}));
  return Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values };
};
const namesOf = (expression: Expression): Json => (expression.text.includes('#v') ? { ExpressionAttributeNames: { '#v': 'v' } } : {});
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const onFailure = fc.constantFrom<Json>({}, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });

const put = fc.tuple(item, optional(condition), onFailure).map(([Item, when, failure]): Json =>
  ({ TableName, Item, ...expressionMembers(when, 'ConditionExpression'), ...valuesOf(when), ...failure }));
const change = fc.tuple(key, update, optional(condition), onFailure).map(([Key, what, when, failure]): Json => ({
  TableName, Key, UpdateExpression: what.text, ...expressionMembers(when, 'ConditionExpression'), ...valuesOf(what, when), ...namesOf(what), ...failure,
}));
const remove = fc.tuple(key, optional(condition), onFailure).map(([Key, when, failure]): Json =>
  ({ TableName, Key, ...expressionMembers(when, 'ConditionExpression'), ...valuesOf(when), ...failure }));
const check = fc.tuple(key, condition, onFailure).map(([Key, when, failure]): Json =>
  ({ TableName, Key, ConditionExpression: when.text, ...valuesOf(when), ...failure }));

const sortRange = fc.oneof(
  named('k', ''),
  comparator.filter((it) => it !== '<>').chain((operator) => named('k', ` AND sk ${operator} ?0`, sort)),
  named('k', ' AND begins_with(sk, ?0)', sort),
  named('k', ' AND sk BETWEEN ?0 AND ?1', sort, sort),
);
const page = fc.record({ Limit: fc.integer({ min: 1, max: 4 }), ScanIndexForward: fc.boolean(), Select: fc.constant('COUNT') }, { requiredKeys: [] });
const query = fc.tuple(partition, sortRange, optional(simpleCondition('c').filter((it) => !it.text.includes('pk'))), page)
  .map(([pk, range, filter, options]): Json => ({
    TableName, ConsistentRead: true, KeyConditionExpression: `pk = :pk${range.text}`, ...expressionMembers(filter, 'FilterExpression'),
    ExpressionAttributeValues: { ':pk': pk, ...range.values, ...filter?.values }, ...options,
  }));

const statement = (Statement: string, ...Parameters: AttributeValue[]): Json => ({ Statement, Parameters });
const insertStatement = fc.tuple(key, number, value).map(([{ pk, sk }, n, v]) =>
  statement(`INSERT INTO "table" VALUE {'pk': ?, 'sk': ?, 'n': ?, 'v': ?}`, pk, sk, n, v));
const updateStatement = fc.tuple(key, number, text, number).map(([{ pk, sk }, n, t, was]) =>
  statement('UPDATE "table" SET "n" = ?, "t" = ? WHERE "pk" = ? AND "sk" = ? AND "n" <= ?', n, t, pk, sk, was));
const deleteStatement = fc.tuple(key, number).map(([{ pk, sk }, n]) => statement('DELETE FROM "table" WHERE "pk" = ? AND "sk" = ? AND "n" > ?', pk, sk, n));
const selectStatement = key.map(({ pk, sk }) => statement('SELECT * FROM "table" WHERE "pk" = ? AND "sk" = ?', pk, sk));
const writeStatement = fc.oneof({ weight: 3, arbitrary: insertStatement }, updateStatement, deleteStatement);

const returning = (values: string[], input: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.tuple(input, fc.constantFrom(...values)).map(([members, ReturnValues]) => ({ ...members, ReturnValues }));
const operation = (name: string, input: fc.Arbitrary<Json>): fc.Arbitrary<Call> => input.map((members) => [name, members] as const);

/** Any call that the local run could make, on a few keys so that calls meet. */
export const anyCall: fc.Arbitrary<Call> = fc.oneof(
  { weight: 3, arbitrary: operation('PutItem', returning(['NONE', 'ALL_OLD'], put)) },
  { weight: 4, arbitrary: operation('UpdateItem', returning(['NONE', 'ALL_NEW'], change)) },
  operation('DeleteItem', returning(['NONE', 'ALL_OLD'], remove)),
  operation('GetItem', fc.tuple(key, optional(fc.constantFrom('n, t', 'm.i, l[0]', 'sk, l[1], l[0]')))
    .map(([Key, ProjectionExpression]) => ({ TableName, Key, ProjectionExpression }))),
  { weight: 2, arbitrary: operation('Query', query) },
  operation('BatchGetItem', keys.map((Keys) => ({ RequestItems: { table: { Keys, ConsistentRead: true } } }))),
  operation('BatchWriteItem', fc.array(fc.oneof(item.map((Item) => ({ PutRequest: { Item } })), key.map((Key) => ({ DeleteRequest: { Key } }))), { minLength: 1, maxLength: 3 })
    .map((requests) => ({ RequestItems: { table: requests } }))),
  {
    weight: 3,
    arbitrary: operation('TransactWriteItems', fc.array(fc.oneof(
      put.map((Put) => ({ Put })), change.map((Update) => ({ Update })), remove.map((Delete) => ({ Delete })),
      check.map((ConditionCheck) => ({ ConditionCheck })),
    ), { minLength: 1, maxLength: 3 }).map((TransactItems) => ({ TransactItems }))),
  },
  operation('TransactGetItems', keys.map((several) => ({ TransactItems: several.map((Key) => ({ Get: { TableName, Key } })) }))),
  { weight: 3, arbitrary: operation('BatchExecuteStatement', fc.array(writeStatement, { minLength: 1, maxLength: 4 }).map((Statements) => ({ Statements }))) },
  operation('BatchExecuteStatement', fc.array(selectStatement, { minLength: 1, maxLength: 3 }).map((Statements) => ({ Statements }))),
  operation('ExecuteStatement', fc.oneof(writeStatement, selectStatement)),
);
