import { compileFilters } from '../../../lib/event-source';
import { Harness, range } from './harness';

const matches = (pattern: unknown, event: unknown): boolean => compileFilters([pattern], 5)!(event);

describe('compileFilters', () => {
  it('gives no predicate without patterns', () => {
    expect(compileFilters([], 5)).toBeUndefined();
  });

  it.each<[unknown, unknown, boolean]>([
    [{ eventName: ['INSERT'] }, { eventName: 'INSERT' }, true],
    [{ eventName: ['INSERT', 'MODIFY'] }, { eventName: 'MODIFY' }, true],
    [{ eventName: ['INSERT'] }, { eventName: 'REMOVE' }, false],
    [{ eventName: ['INSERT'] }, {}, false],
    ['{"eventName":["INSERT"]}', { eventName: 'INSERT' }, true],
    [{ dynamodb: { NewImage: { type: { S: ['payment'] } } } }, { dynamodb: { NewImage: { type: { S: 'payment' } } } }, true],
    [{ dynamodb: { NewImage: { type: { S: ['payment'] } } } }, { dynamodb: { OldImage: {} } }, false],
    [{ a: [1], b: ['x'] }, { a: 1, b: 'y' }, false],
    [{ a: [null] }, { a: null }, true],
    [{ a: [null] }, {}, false],
    [{ a: [''] }, { a: '' }, true],
    [{ a: ['1'] }, { a: 1 }, false],
    [{ a: ['x'] }, { a: ['w', 'x'] }, true],
    [{ a: { b: [1] } }, { a: [{ b: 2 }, { b: 1 }] }, true],
    [{ a: [{ prefix: 'ab' }] }, { a: 'abc' }, true],
    [{ a: [{ prefix: 'ab' }] }, { a: 'xab' }, false],
    [{ a: [{ suffix: 'c' }] }, { a: 'abc' }, true],
    [{ a: [{ 'equals-ignore-case': 'ABC' }] }, { a: 'abC' }, true],
    [{ a: [{ 'anything-but': 'x' }] }, { a: 'y' }, true],
    [{ a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'y' }, false],
    [{ a: [{ 'anything-but': 5 }] }, { a: 6 }, true],
    [{ a: [{ 'anything-but': 'x' }] }, {}, false],
    [{ a: [{ 'anything-but': { prefix: 'in' } }] }, { a: 'init' }, false],
    [{ a: [{ 'anything-but': { suffix: 'it' } }] }, { a: 'other' }, true],
    [{ a: [{ exists: true }] }, { a: null }, true],
    [{ a: [{ exists: true }] }, {}, false],
    [{ a: [{ exists: false }] }, {}, true],
    [{ a: [{ exists: true }] }, { a: { b: 1 } }, false],
    [{ a: { b: [{ exists: false }] } }, {}, true],
    [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 5 }, true],
    [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 0 }, false],
    [{ a: [{ numeric: ['=', 3] }] }, { a: '3' }, false],
    [{ a: [{ numeric: ['>=', 3] }] }, { a: 3 }, true],
    [{ a: [{ numeric: ['<', 3] }] }, { a: 3 }, false],
    [{ $or: [{ a: [1] }, { b: [2] }] }, { b: 2 }, true],
    [{ $or: [{ a: [1] }, { b: [2] }] }, { a: 2, b: 1 }, false],
  ])('%j against %j: %s', (pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it('passes what one of several patterns matches', () => {
    const filter = compileFilters([{ a: [1] }, { b: [2] }], 5)!;
    expect([{ a: 1 }, { b: 2 }, { a: 2 }].map(filter)).toEqual([true, true, false]);
  });

  it.each<[unknown, string]>([
    [{ a: [{ wildcard: '*x' }] }, '`filters[0].a[0]` must use one of prefix, suffix, equals-ignore-case, anything-but, numeric, exists, got: wildcard'],
    [{ a: [{ cidr: '10.0.0.0/8' }] }, '`filters[0].a[0]` must use one of prefix, suffix, equals-ignore-case, anything-but, numeric, exists, got: cidr'],
    [{ a: 'x' }, '`filters[0].a` must be an object with at least one member, got: "x"'],
    [{}, '`filters[0]` must be an object with at least one member, got: {}'],
    [{ a: [] }, '`filters[0].a` must accept at least one value, got: []'],
    ['{', '`filters[0]` must be JSON, got: {'],
    [{ a: [{ numeric: ['>'] }] }, '`filters[0].a[0].numeric` must be pairs of comparison and number, got: [">"]'],
    [{ a: [{ numeric: ['~', 1] }] }, '`filters[0].a[0].numeric` must compare by =, <, <=, > or >= with a number, got: ["~",1]'],
    [{ a: [{ exists: 'yes' }] }, '`filters[0].a[0].exists` must be true or false, got: "yes"'],
    [{ a: [{ prefix: 1 }] }, '`filters[0].a[0].prefix` must be a string, got: 1'],
    [{ a: [{ 'anything-but': { exists: true } }] }, '`filters[0].a[0].anything-but[0]` must be a string, a number, a prefix or a suffix, got: {"exists":true}'],
    [{ $or: {} }, '`filters[0].$or` must be an array of patterns, got: {}'],
  ])('refuses %j', (pattern, message) => {
    expect(() => compileFilters([pattern], 5)).toThrow(new Error(message));
  });
});

describe('a mapping with filters', () => {
  it('moves its checkpoint over records that do not match, without an invocation', () => {
    const harness = new Harness({ props: { filters: [{ sequenceNumber: [{ 'anything-but': ['2', '4', '5'] }] }], batchSize: 10 } });
    harness.addShard('a').put('a', 5).list().run();
    expect(harness.batches).toEqual([['1', '3']]);
    expect(harness.checkpoints().at(-1)).toBe('5');
    expect(harness.machine.counters.filteredRecords).toBe(3);
    expect(harness.machine.quiescent).toBe(true);
  });

  it('needs no invocation when nothing matches', () => {
    const harness = new Harness({ props: { filters: [{ sequenceNumber: ['none'] }] } });
    harness.addShard('a').put('a', 3).list().run();
    expect(harness.invocations).toEqual([]);
    expect(harness.checkpoints()).toEqual(range(3, 3));
  });
});
