import fc from 'fast-check';
import { binaryArray, nameArray } from '../../../../lambdas/runtime/ledger/postgresql-arrays';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

const hex = (...[type, elements]: Parameters<typeof binaryArray>) => (binaryArray(type, elements) as Buffer).toString('hex');
const bytes = (text: string) => text.replaceAll(/[ |]/g, '');

describe('binaryArray', () => {
  it('has its dimensions, whether there are nulls, and the type of the elements before their lengths and bytes', () => {
    expect(hex('text', ['ab', null, ''])).toBe(bytes('00000001 00000001 00000019 | 00000003 00000001 | 00000002 6162 | ffffffff | 00000000'));
    expect(hex('int8', [1, -2])).toBe(bytes('00000001 00000000 00000014 | 00000002 00000001 | 00000008 0000000000000001 | 00000008 fffffffffffffffe'));
    const key = '00112233445566778899aabbccddeeff';
    expect(hex('uuid', [key])).toBe(bytes(`00000001 00000000 00000b86 | 00000001 00000001 | 00000010 ${key}`));
    expect(hex('text', [])).toBe(bytes('00000000 00000000 00000019'));
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('leaves it to the server to refuse %d', (number) => {
    expect(binaryArray('int8', [1, number, null])).toBe(`{1,${number},NULL}`);
  });
});

describe('nameArray', () => {
  it('has names as they are, and tells no name from the name NULL', () => {
    expect(nameArray([])).toBe('{}');
    expect(nameArray(['payment', null, 'hold'])).toBe('{payment,NULL,hold}');
  });
});

describeWithPostgresql('arrays in the eyes of the server', () => {
  let database: PostgresqlDatabase;

  beforeAll(async () => { database = await PostgresqlDatabase.start(); });
  afterAll(() => database.stop());

  it('are the lists that were written', async () => {
    const texts = fc.array(fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\u0000')), { freq: 4 }), { maxLength: 20 });
    const numbers = fc.array(fc.option(fc.maxSafeInteger(), { freq: 4 }));
    const keys = fc.array(fc.option(fc.uuid(), { freq: 4 }));
    const types = fc.array(fc.constantFrom('payment', 'hold', null));
    await fc.assert(fc.asyncProperty(texts, numbers, keys, types, async (...lists) => {
      const [row] = await database.connections.query({
        text: 'SELECT to_jsonb($1::text[]) AS texts, to_jsonb($2::bigint[]) AS numbers, to_jsonb($3::uuid[]) AS keys, to_jsonb($4::ledger.entry_type[]) AS types',
        values: [
          binaryArray('text', lists[0]), binaryArray('int8', lists[1]), binaryArray('uuid', lists[2].map((key) => key?.replaceAll('-', '') ?? null)), nameArray(lists[3]),
        ],
      });
      expect([row.texts, row.numbers, row.keys, row.types]).toEqual(lists);
    }), { numRuns: 200 });
  });
});
