import fc from 'fast-check';
import { batchStatuses } from '../../../local/load/batch-answer';

const item = fc.oneof(
  { weight: 5, arbitrary: fc.record({ idempotencyKey: fc.string({ maxLength: 4 }), status: fc.constant(202), receipt: fc.constant('abc-_') }) },
  fc.record({
    idempotencyKey: fc.option(fc.constantFrom('"status":202', '}],{', 'x\\')), status: fc.constantFrom(400, 422, 503),
    problem: fc.record({ status: fc.constantFrom(202, 400), detail: fc.constantFrom('"status":202', ']}') }),
  }),
);

describe('the statuses of a batch', () => {
  it('are those that reading the whole answer gives', () => {
    const form = fc.constantFrom<(items: unknown) => string>(
      (items) => JSON.stringify({ items }), (items) => JSON.stringify({ items }, undefined, 1), (items) => JSON.stringify({ items, more: 1 }),
    );
    fc.assert(fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), form, (items, written) => {
      const body = written(items);
      expect(batchStatuses({ status: 200, body }, items.length)).toEqual(items.map(({ status }) => status));
    }), { numRuns: 300 });
  });

  it('are that of the request where it failed as a whole', () => {
    expect(batchStatuses({ status: 0, body: '' }, 2)).toEqual([0, 0]);
    expect(batchStatuses({ status: 503, body: '{"items":[]}' }, 1)).toEqual([503]);
  });

  it('have to be as many as there are payments', () => {
    const accepted = '{"idempotencyKey":"a","status":202,"receipt":"r"}';
    expect(batchStatuses({ status: 200, body: `{"items":[${accepted},${accepted}]}` }, 2)).toEqual([202, 202]);
    expect(() => batchStatuses({ status: 200, body: `{"items":[${accepted}]}` }, 2)).toThrow('the API answered 1 items for a batch of 2');
    expect(() => batchStatuses({ status: 200, body: '{"items":[]}' }, 1)).toThrow('the API answered 0 items for a batch of 1');
  });

  it.each(['', '{"items":[{"idempotencyKey":"a","status":202,"receipt":"r"}', '{"items":[{"idempotencyKey":"a","status":202,"receipt":"r"}]} ]'])('do not come from what is no answer: %s', (body) => {
    expect(() => batchStatuses({ status: 200, body }, 1)).toThrow(SyntaxError);
  });
});
