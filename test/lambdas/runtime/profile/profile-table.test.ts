import { latLngToCell } from 'h3-js';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import { ProfileTable } from '../../../../lambdas/runtime/profile/profile-table';
import { Environment } from '../../../../lambdas/runtime/configuration/environment';
import { enricherFromEnvironment, profilesFromEnvironment } from '../../../../lambdas/runtime/profile/profiles-from-environment';
import { RecordedMetrics } from '../support/silent';

interface Call {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

/** Answers calls one after the other. */
class FakeDynamoDb implements AwsCaller {
  public readonly calls: Call[] = [];
  public answers: object[] = [];

  public async call<Output>(operation: string, input: object): Promise<Output> {
    this.calls.push({ operation, input: input as Record<string, unknown> });
    return (this.answers.shift() ?? {}) as Output;
  }
}

const BERLIN = latLngToCell(52.52, 13.4, 5);

let dynamodb: FakeDynamoDb;
const table = (resolution?: number): ProfileTable => new ProfileTable({ dynamodb, table: 'profiles', resolution });
beforeEach(() => { dynamodb = new FakeDynamoDb(); });

function answering(...items: object[]): void {
  dynamodb.answers = [{ Responses: { profiles: items } }];
}

describe('ProfileTable', () => {
  it('reads merchants, payers and rules, and says which there are not', async () => {
    answering(
      { pk: { S: 'merchant#m' }, category: { S: '5411' }, latitude: { N: '52.52' }, longitude: { N: '13.4' }, blocked: { BOOL: true }, maximumAmount: { N: '100000' } },
      { pk: { S: 'payer#p' }, cell: { S: BERLIN }, blocked: { BOOL: false } },
      { pk: { S: 'rules#payments' }, version: { N: '12' }, blockedCategories: { SS: ['7995', 'not a category!'] } },
    );
    const { profiles, unprocessed } = await table().read(['merchant#m', 'payer#p', 'rules#payments', 'payer#q']);
    expect([...profiles]).toEqual([
      ['merchant#m', { category: '5411', cell: BERLIN, blocked: true, maximumAmount: 100_000 }],
      ['payer#p', { cell: BERLIN }],
      ['rules#payments', { version: 12, blockedCategories: ['7995'] }],
      ['payer#q', null],
    ]);
    expect(unprocessed).toEqual([]);
    expect(dynamodb.calls).toEqual([{
      operation: 'BatchGetItem',
      input: { RequestItems: { profiles: { Keys: ['merchant#m', 'payer#p', 'rules#payments', 'payer#q'].map((pk) => ({ pk: { S: pk } })) } } },
    }]);
  });

  it('takes an attribute that is not what it should be for absent', async () => {
    answering({
      pk: { S: 'merchant#m' }, category: { S: 'x'.repeat(33) }, cell: { S: 'no cell' }, latitude: { N: '52' }, longitude: { N: '13' }, blocked: { S: 'true' },
      maximumAmount: { N: '-1' }, version: { N: '1.5' }, blockedCategories: { S: '7995' },
    }, { pk: { S: 'payer#p' }, latitude: { N: '91' }, longitude: { N: '0' }, maximumAmount: { N: '1e99' } });
    const { profiles } = await table().read(['merchant#m', 'payer#p']);
    expect([...profiles.values()]).toEqual([{}, {}]);
  });

  it('tells places in the resolution that is asked for, where they are known that finely', async () => {
    const fine = latLngToCell(52.52, 13.4, 9);
    for (const [resolution, stored, told] of [[5, fine, BERLIN], [9, fine, fine], [9, BERLIN, BERLIN]] as const) {
      answering({ pk: { S: 'payer#p' }, cell: { S: stored } });
      expect((await table(resolution).read(['payer#p'])).profiles.get('payer#p')).toEqual({ cell: told });
    }
  });

  it('asks for 100 at a time, and tells what the table left', async () => {
    dynamodb.answers = [
      { Responses: { profiles: [] }, UnprocessedKeys: { profiles: { Keys: [{ pk: { S: 'payer#3' } }] } } },
      { Responses: { profiles: [] } },
    ];
    const keys = Array.from({ length: 150 }, (_, index) => `payer#${index}`);
    const { profiles, unprocessed } = await table().read(keys);
    expect(dynamodb.calls.map(({ input }) => (input.RequestItems as { profiles: { Keys: unknown[] } }).profiles.Keys.length)).toEqual([100, 50]);
    expect([profiles.size, unprocessed, profiles.has('payer#3')]).toEqual([149, ['payer#3'], false]);
  });

  it('knows the hottest merchants, if somebody has written them down', async () => {
    dynamodb.answers = [{ Item: { pk: { S: 'hottest#merchants' }, ids: { L: [{ S: 'm-2' }, { N: '7' }, { S: 'm-1' }] } } }, {}];
    expect(await table().hottestMerchants()).toEqual(['m-2', 'm-1']);
    expect(await table().hottestMerchants()).toEqual([]);
    expect(dynamodb.calls[0]).toEqual({ operation: 'GetItem', input: { TableName: 'profiles', Key: { pk: { S: 'hottest#merchants' } } } });
  });

  it('scans a part of the table, page by page', async () => {
    dynamodb.answers = [{ Items: [{ pk: { S: 'merchant#m' }, category: { S: '5411' } }], LastEvaluatedKey: { pk: { S: 'merchant#m' } } }, {}];
    const first = await table().scan('merchant#', 1, 4);
    expect([...first.profiles]).toEqual([['merchant#m', { category: '5411' }]]);
    const last = await table().scan('merchant#', 1, 4, first.next);
    expect([last.profiles.size, last.next]).toEqual([0, undefined]);
    expect(dynamodb.calls[1].input).toMatchObject({ TableName: 'profiles', Segment: 1, TotalSegments: 4, ExclusiveStartKey: { pk: { S: 'merchant#m' } } });
  });
});

describe('profiles of an environment', () => {
  const ports = (): Parameters<typeof enricherFromEnvironment>[1] => ({ dynamodb, metrics: new RecordedMetrics(), onError: () => undefined });

  it('are there with a table', async () => {
    expect(enricherFromEnvironment(new Environment({}), ports())).toBeUndefined();
    answering({ pk: { S: 'merchant#m' }, category: { S: '5411' } });
    const enricher = enricherFromEnvironment(new Environment({ PROFILE_TABLE: 'profiles', PAYER_PROFILES: 'false' }), ports())!;
    const payment = { merchantId: 'm', idempotencyKey: 'k', payerId: 'p', amount: 1, currency: 'EUR', type: 'payment' } as const;
    expect(await enricher.judge([payment])).toEqual([{ enrichment: { merchantCategory: '5411' } }]);
    expect((dynamodb.calls[0].input.RequestItems as { profiles: { Keys: unknown[] } }).profiles.Keys).toEqual([{ pk: { S: 'rules#payments' } }, { pk: { S: 'merchant#m' } }]);
  });

  it('have keys in the cache that differ with the resolution', () => {
    const prefix = (variables: Record<string, string>): string => profilesFromEnvironment(new Environment({ PROFILE_TABLE: 'p', ...variables }), dynamodb).cachePrefix;
    expect(prefix({})).toBe('profile:5:');
    expect(prefix({ H3_RESOLUTION: '7' })).toBe('profile:7:');
    expect(() => prefix({ H3_RESOLUTION: '16' })).toThrow('H3_RESOLUTION must be a whole number between 0 and 15, got: 16');
  });
});
