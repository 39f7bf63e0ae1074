import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { AggregateBuilder, deaggregate } from '../../../../lambdas/runtime/aggregate/kpl-aggregate';

// Many cases, or whole processes, on a machine that may be busy.
jest.setTimeout(30_000);

interface PeerRecord {
  partitionKey: string;
  data: Buffer;
}
interface PeerAggregator {
  addUserRecord(record: PeerRecord): void;
  build(): { data: Buffer };
}
/** npm aws-kinesis-agg; its own types need the AWS SDK of version 2. */
// eslint-disable-next-line @typescript-eslint/no-require-imports
const peer = require('aws-kinesis-agg') as {
  RecordAggregator: new () => PeerAggregator;
  deaggregateSync(
    record: object, checksums: boolean, done: (error: Error | undefined, records: { partitionKey: string; data: string }[]) => void,
  ): void;
};

// The peer keeps its keys in a plain object, which sorts keys that look like integers.
const userRecord = fc.record({
  partitionKey: fc.constantFrom('p', 'q', 'merchant', 'é', '漢').chain((key) => fc.nat(300).map((number) => `${key}${number}`)),
  data: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});
const userRecords = fc.array(userRecord, { minLength: 1, maxLength: 200 });

function aggregate(records: readonly PeerRecord[], maximumBytes = 1_000_000): Uint8Array {
  const builder = new AggregateBuilder(maximumBytes);
  for (const { partitionKey, data } of records) {
    expect(builder.tryAdd(partitionKey, data)).toBe(true);
  }
  return builder.build();
}

function plain(records: readonly { partitionKey: string; data: Uint8Array }[]): { partitionKey: string; data: string }[] {
  return records.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data).toString('hex') }));
}

describe('KPL aggregate', () => {
  it('is byte for byte what aws-kinesis-agg builds', () => {
    fc.assert(fc.property(userRecords, (records) => {
      const aggregator = new peer.RecordAggregator();
      records.forEach((record) => aggregator.addUserRecord(record));
      expect(aggregator.build().data.equals(aggregate(records))).toBe(true);
    }), { numRuns: 60 });
  });

  it('is read by aws-kinesis-agg, and reads what that builds', () => {
    fc.assert(fc.property(userRecords, (records) => {
      const read: { partitionKey: string; data: string }[] = [];
      const record = { partitionKey: 'outer', sequenceNumber: '1', data: Buffer.from(aggregate(records)).toString('base64') };
      peer.deaggregateSync(record, true, (error, users) => {
        expect(error).toBeFalsy();
        read.push(...users.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data, 'base64').toString('hex') })));
      });
      expect(read).toEqual(plain(records));

      const aggregator = new peer.RecordAggregator();
      records.forEach((user) => aggregator.addUserRecord(user));
      expect(plain(deaggregate(aggregator.build().data, 'outer'))).toEqual(plain(records));
    }), { numRuns: 60 });
  });

  it('knows its exact length and never passes the maximum', () => {
    fc.assert(fc.property(userRecords, fc.integer({ min: 20, max: 20_000 }), (records, maximumBytes) => {
      const builder = new AggregateBuilder(maximumBytes);
      const taken: PeerRecord[] = [];
      for (const record of records) {
        const before = builder.byteLength;
        if (builder.tryAdd(record.partitionKey, record.data)) {
          taken.push(record);
        } else {
          expect(builder.byteLength).toBe(before);
          // It did not fit: one more byte of room than the others leave would be needed.
          expect(aggregate([...taken, record]).length).toBeGreaterThan(maximumBytes);
        }
        expect(builder.build().length).toBe(builder.byteLength);
      }
      expect(builder.byteLength).toBeLessThanOrEqual(maximumBytes);
      expect(builder.count).toBe(taken.length);
      expect(plain(deaggregate(builder.build(), 'outer'))).toEqual(plain(taken));
    }), { numRuns: 100 });
  });

  it('takes a record that fills it to the last byte', () => {
    const record = { partitionKey: 'p', data: Buffer.alloc(1_000, 7) };
    const exact = aggregate([record]).length;
    expect(new AggregateBuilder(exact).tryAdd('p', record.data)).toBe(true);
    expect(new AggregateBuilder(exact - 1).tryAdd('p', record.data)).toBe(false);
  });

  it('can be built again after more was added', () => {
    const builder = new AggregateBuilder(1_000);
    builder.tryAdd('p', Buffer.from('one'));
    expect(deaggregate(builder.build(), 'outer')).toHaveLength(1);
    builder.tryAdd('p', Buffer.from('two'));
    expect(deaggregate(builder.build(), 'outer').map(({ data }) => Buffer.from(data).toString())).toEqual(['one', 'two']);
  });

  it('splits a view of a larger array', () => {
    const bytes = aggregate([{ partitionKey: 'p', data: Buffer.from('one') }]);
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 5);
    expect(deaggregate(larger.subarray(5, 5 + bytes.length), 'outer')).toEqual([{ partitionKey: 'p', data: Buffer.from('one') }]);
  });
});

describe('a record that is no sound aggregate', () => {
  const good = aggregate([{ partitionKey: 'p', data: Buffer.from('one') }, { partitionKey: 'q', data: Buffer.from('two') }]);

  function withMessage(hex: string): Buffer {
    const message = Buffer.from(hex, 'hex');
    return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);
  }

  it('comes back as itself when any byte is changed or missing', () => {
    for (let at = 0; at < good.length; at++) {
      const changed = Uint8Array.from(good);
      changed[at] ^= 1;
      expect(deaggregate(changed, 'outer')).toEqual([{ partitionKey: 'outer', data: changed }]);
      const cut = good.subarray(0, at);
      expect(deaggregate(cut, 'outer')).toEqual([{ partitionKey: 'outer', data: cut }]);
    }
  });

  it.each([
    ['plain bytes', Buffer.from('{"a":1}')],
    ['no bytes', Buffer.alloc(0)],
    ['a message that is cut off', withMessage('0a05')],
    ['a key index beyond the table', withMessage('0a0170' + '1a05' + '0801' + '1a0161')],
    ['a user record without data', withMessage('0a0170' + '1a02' + '0800')],
    ['a user record without key', withMessage('0a0170' + '1a03' + '1a0161')],
  ])('comes back as itself: %s', (_name, data) => {
    expect(deaggregate(data, 'outer')).toEqual([{ partitionKey: 'outer', data }]);
  });

  it('steps over tags and explicit hash keys', () => {
    const message = '0a0170' + '120139' + '1a0d' + '0800' + '1000' + '1a0161' + '22040a02' + '6b31';
    expect(deaggregate(withMessage(message), 'outer')).toEqual([{ partitionKey: 'p', data: Buffer.from('a') }]);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(deaggregate(withMessage(Buffer.from(bytes).toString('hex')), 'outer').length).toBeGreaterThanOrEqual(0);
    }), { numRuns: 1_000 });
  });
});
