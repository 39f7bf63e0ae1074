import fc from 'fast-check';
import { arrayLiteral } from '../../../../lambdas/runtime/ledger/postgresql-arrays';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

describe('arrayLiteral', () => {
  it.each<[readonly (string | number | null)[], string]>([
    [[], '{}'],
    [['a', 'b c', ''], '{"a","b c",""}'],
    [['NULL', null], '{"NULL",NULL}'],
    [['a"b', 'a\\b', '{a,b}'], '{"a\\"b","a\\\\b","{a,b}"}'],
    [[1, -2, 1e12], '{1,-2,1000000000000}'],
  ])('writes %j', (elements, text) => {
    expect(arrayLiteral(elements)).toBe(text);
  });
});

describeWithPostgresql('arrayLiteral in the eyes of the server', () => {
  let database: PostgresqlDatabase;

  beforeAll(async () => { database = await PostgresqlDatabase.start(); });
  afterAll(() => database.stop());

  it('is the list that was written', async () => {
    const texts = fc.array(fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\u0000')), { freq: 4 }), { maxLength: 20 });
    await fc.assert(fc.asyncProperty(texts, fc.array(fc.maxSafeInteger()), async (some, numbers) => {
      const [row] = await database.connections.query({
        text: 'SELECT to_jsonb($1::text[]) AS texts, to_jsonb($2::bigint[]) AS numbers', values: [arrayLiteral(some), arrayLiteral(numbers)],
      });
      expect(row).toEqual({ texts: some, numbers });
    }), { numRuns: 200 });
  });
});
