import * as fc from 'fast-check';
import { MemoryBudget } from '../../../../local/engines/log/partition/memory-budget';
import { PartitionLog, type PartitionLogProps } from '../../../../local/engines/log/partition/partition-log';
import { batchOf } from '../../../../local/engines/log/partition/record-batch';
import { ERROR } from '../../../../local/engines/log/protocol/error-codes';
import { clientCodec } from './batches';

/** Of the piece in which memory is taken. */
const SEGMENT = 1024 * 1024;
const PLENTY = 64 * SEGMENT;

let codec: Awaited<ReturnType<typeof clientCodec>>;

beforeAll(async () => {
  codec = await clientCodec();
});

function log(props: Partial<PartitionLogProps> = {}): PartitionLog {
  const { checksum } = codec;
  return new PartitionLog(0, { checksum, budget: new MemoryBudget(PLENTY), maximumBatchBytes: 2 * SEGMENT, retainedBytes: PLENTY, ...props });
}

/** A batch of one record that takes so many bytes in all. */
function batchOfBytes(bytes: number): Buffer {
  const value = 'x'.repeat(bytes - 80);
  return codec.batch({ values: [value + 'x'.repeat(bytes - codec.batch({ values: [value] }).length)] });
}

function offsetsOf(pieces: readonly Buffer[]): number[] {
  const offsets: number[] = [];
  const bytes = Buffer.concat(pieces);
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    offsets.push(Number(bytes.readBigInt64BE(at)));
  }
  return offsets;
}

describe('what a partition takes', () => {
  it('is a batch, which gets the next offsets and stays byte for byte otherwise', () => {
    const partition = log();
    const [first, second] = [codec.batch({ values: ['a', 'b', 'c'] }), codec.batch({ values: ['d'] })];
    expect([partition.append(first), partition.append(second)]).toEqual([{ errorCode: 0, baseOffset: 0 }, { errorCode: 0, baseOffset: 3 }]);
    const stored = Buffer.concat(partition.read(0, PLENTY, true).pieces);
    expect(offsetsOf([stored])).toEqual([0, 3]);
    expect([partition.logStart, partition.logEnd]).toEqual([0, 4]);
    expect(stored.subarray(first.length + 16).equals(second.subarray(16))).toBe(true);
  });

  it('is a copy: what came may be overwritten', () => {
    const partition = log();
    const batch = codec.batch({ values: ['a'] });
    const before = Buffer.from(batch);
    partition.append(batch);
    batch.fill(0xff);
    expect(Buffer.concat(partition.read(0, PLENTY, true).pieces).equals(before)).toBe(true);
  });

  it('is what the engine itself encodes as well', () => {
    const partition = log();
    const value = Buffer.alloc(300, 7);
    expect(partition.append(batchOf(value, 5, codec.checksum))).toEqual({ errorCode: 0, baseOffset: 0 });
    expect(Buffer.concat(partition.read(0, PLENTY, true).pieces).includes(value)).toBe(true);
  });

  it('has the checksum that it says', () => {
    fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (position, change) => {
      const batch = codec.batch({ values: ['payment', 'payment'] });
      // From the checksum on; in front of it lies what is not a part of it.
      batch[17 + position % (batch.length - 17)] ^= change;
      expect(log().append(batch)).toEqual({ errorCode: ERROR.CORRUPT_MESSAGE });
    }), { numRuns: 200 });
  });

  it('is whole', () => {
    const batch = codec.batch({ values: ['payment'] });
    for (const length of [0, 1, 60, batch.length - 1]) {
      expect(log().append(batch.subarray(0, length))).toEqual({ errorCode: ERROR.CORRUPT_MESSAGE });
    }
  });

  it('is one batch of the only format, of no transaction', () => {
    const batch = codec.batch({ values: ['a'] });
    const old = Buffer.from(batch);
    old[16] = 1;
    const refused = [Buffer.concat([batch, batch]), old, codec.batch({ values: ['a'], transactionalId: 'x' })];
    expect(refused.map((each) => log().append(each))).toEqual(refused.map(() => ({ errorCode: ERROR.INVALID_RECORD })));
  });

  it('has at most so many bytes', () => {
    const partition = log({ maximumBatchBytes: 1_000 });
    expect([partition.append(batchOfBytes(1_001)), partition.append(batchOfBytes(1_000))]).toEqual([
      { errorCode: ERROR.MESSAGE_TOO_LARGE }, { errorCode: 0, baseOffset: 0 },
    ]);
  });

  it('is refused while there is no memory, and not remembered', () => {
    const partition = log({ budget: new MemoryBudget(SEGMENT), retainedBytes: 0 });
    const [first, second] = [0, 1].map((sequence) => codec.batch({ values: ['x'.repeat(600_000)], producerId: 1, sequence }));
    expect([partition.append(first), partition.append(second)]).toEqual([{ errorCode: 0, baseOffset: 0 }, { errorCode: ERROR.KAFKA_STORAGE_ERROR }]);
    partition.trim(1);
    expect(partition.append(second)).toEqual({ errorCode: 0, baseOffset: 1 });
  });
});

describe('what an idempotent producer sends', () => {
  const send = (partition: PartitionLog, sequence: number, values: readonly string[] = ['a'], producerEpoch = 0, producerId = 7): unknown => (
    partition.append(codec.batch({ values, producerId, producerEpoch, sequence }))
  );

  it('is stored once, and answered with where it lies', () => {
    const partition = log();
    expect([send(partition, 0, ['a', 'b']), send(partition, 2), send(partition, 0, ['a', 'b']), send(partition, 2)]).toEqual([
      { errorCode: 0, baseOffset: 0 }, { errorCode: 0, baseOffset: 2 }, { errorCode: 0, baseOffset: 0 }, { errorCode: 0, baseOffset: 2 },
    ]);
    expect(partition.logEnd).toBe(3);
  });

  it('has no gaps', () => {
    const partition = log();
    send(partition, 0);
    expect([send(partition, 2), send(partition, 1), send(partition, 2)]).toEqual([
      { errorCode: ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER }, { errorCode: 0, baseOffset: 1 }, { errorCode: 0, baseOffset: 2 },
    ]);
  });

  it('is known for five batches', () => {
    const partition = log();
    for (let sequence = 0; sequence < 6; sequence++) {
      send(partition, sequence);
    }
    expect([send(partition, 0), send(partition, 1)]).toEqual([{ errorCode: ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER }, { errorCode: 0, baseOffset: 1 }]);
  });

  it('begins anew with a new epoch, and an old one is fenced', () => {
    const partition = log();
    send(partition, 0);
    expect([send(partition, 1, ['a'], 1), send(partition, 0, ['a'], 1), send(partition, 1, ['a'], 0)]).toEqual([
      { errorCode: ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER }, { errorCode: 0, baseOffset: 1 }, { errorCode: ERROR.INVALID_PRODUCER_EPOCH },
    ]);
  });

  it('goes on with 0 behind the largest number', () => {
    const partition = log();
    const last = 0x7fffffff;
    // A producer that is not known may begin anywhere.
    expect([send(partition, last), send(partition, 0), send(partition, last)]).toEqual([
      { errorCode: 0, baseOffset: 0 }, { errorCode: 0, baseOffset: 1 }, { errorCode: 0, baseOffset: 0 },
    ]);
  });

  it('is nobody else\'s', () => {
    const partition = log();
    expect([send(partition, 0, ['a'], 0, 1), send(partition, 0, ['a'], 0, 2)]).toEqual([{ errorCode: 0, baseOffset: 0 }, { errorCode: 0, baseOffset: 1 }]);
  });
});

describe('what a partition gives', () => {
  it('is whole batches from the one on that holds the offset, as many as may be, and one at least', () => {
    const partition = log();
    [3, 1, 2].forEach((count) => partition.append(codec.batch({ values: Array.from({ length: count }, () => 'value') })));
    const sizes = [0, 3, 4].map((offset) => partition.read(offset, 1, true).bytes);
    const two = sizes[0] + sizes[1];
    expect([[2, 1], [2, two - 1], [2, two], [2, two + 1], [3, PLENTY], [6, PLENTY]].map(([offset, bytes]) => {
      const { next, pieces } = partition.read(offset, bytes, true);
      return { offsets: offsetsOf(pieces), next };
    })).toEqual([
      { offsets: [0], next: 3 }, { offsets: [0], next: 3 }, { offsets: [0, 3], next: 4 }, { offsets: [0, 3], next: 4 }, { offsets: [3, 4], next: 6 },
      { offsets: [], next: 6 },
    ]);
    expect(partition.read(0, sizes[0] - 1, false)).toEqual({ pieces: [], bytes: 0, next: 0 });
  });

  it('is what a list of batches would give', () => {
    const one = fc.record({ records: fc.integer({ min: 1, max: 4 }), bytes: fc.integer({ min: 1, max: 700_000 }) });
    const batches = fc.array(one, { minLength: 1, maxLength: 8 });
    fc.assert(fc.property(batches, fc.nat(), fc.nat(3 * SEGMENT), fc.boolean(), (all, at, limit, atLeastOne) => {
      const partition = log();
      let end = 0;
      const model = all.map(({ bytes, records }) => {
        const batch = codec.batch({ values: Array.from({ length: records }, (_, index) => (index === 0 ? 'x'.repeat(bytes) : '')) });
        partition.append(batch);
        end += records;
        return { first: end - records, end, bytes: batch.length };
      });
      const offset = at % (end + 1);
      const wanted = model.filter((batch) => batch.end > offset);
      let sum = 0;
      const expected = wanted.filter(({ bytes }, index) => {
        // Behind one that was left out nothing fits, so that there are no gaps.
        sum += bytes;
        return sum <= limit || (index === 0 && atLeastOne);
      });
      const { bytes, next, pieces } = partition.read(offset, limit, atLeastOne);
      expect(offsetsOf(pieces)).toEqual(expected.map(({ first }) => first));
      expect(bytes).toBe(expected.reduce((total, batch) => total + batch.bytes, 0));
      expect(next).toBe(expected.length === 0 ? offset : expected[expected.length - 1].end);
    }), { numRuns: 50 });
  });
});

describe('what all groups have passed', () => {
  const fill = (partition: PartitionLog, batches: number): void => {
    for (let index = 0; index < batches; index++) {
      partition.append(batchOfBytes(400_000));
    }
  };

  it('goes once there is more than is retained, in pieces, and never beyond', () => {
    const partition = log({ retainedBytes: 2 * SEGMENT });
    fill(partition, 8);
    expect([partition.bytes, partition.isOverfull]).toEqual([4 * SEGMENT, true]);
    partition.trim(1);
    expect(partition.logStart).toBe(0);
    partition.trim(3);
    expect([partition.logStart, partition.bytes]).toEqual([2, 3 * SEGMENT]);
    partition.trim(8);
    expect([partition.logStart, partition.bytes, partition.isOverfull]).toEqual([4, 2 * SEGMENT, false]);
    expect([partition.holds(3), partition.holds(4), partition.holds(8), partition.holds(9)]).toEqual([false, true, true, false]);
    expect(offsetsOf(partition.read(5, PLENTY, true).pieces)).toEqual([5, 6, 7]);
  });

  it('may be everything', () => {
    const budget = new MemoryBudget(PLENTY);
    const partition = log({ retainedBytes: 0, budget });
    fill(partition, 3);
    partition.trim(3);
    expect([partition.logStart, partition.logEnd, partition.bytes, budget.bytes]).toEqual([3, 3, 0, 0]);
    fill(partition, 1);
    expect(offsetsOf(partition.read(3, PLENTY, true).pieces)).toEqual([3]);
  });
});
