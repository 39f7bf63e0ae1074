import fc from 'fast-check';
import { compareSequences } from '../../../../lambdas/runtime/consistency/sequence-order';
import { SessionReads } from '../../../../lambdas/runtime/consistency/session-reads';
import { SessionToken, type ShardPositions } from '../../../../lambdas/runtime/consistency/session-token';
import { encodeReceipt } from '../../../../lambdas/runtime/producer/receipt';
import { ManualClock } from '../support/manual-clock';

const sequence = fc.bigInt({ min: 0n, max: 10n ** 56n - 1n });
const write = fc.record({ shardId: fc.constantFrom('shardId-000', 'shardId-001', 's.2'), sequenceNumber: sequence.map(String) });
const tokenOf = (writes: readonly { shardId: string; sequenceNumber: string }[]): SessionToken => (
  writes.reduce((token, it) => token.after(it), SessionToken.NONE));

describe('compareSequences', () => {
  it('compares as numbers, of whatever length and with whatever zeros', () => {
    fc.assert(fc.property(sequence, sequence, fc.nat(3), (a, b, zeros) => {
      expect(Math.sign(compareSequences('0'.repeat(zeros) + a, String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }));
    expect(() => compareSequences('', '1')).toThrow('a sequence number must have at least 1 decimal digit');
  });
});

describe('SessionToken', () => {
  it('comes back from its text, and nothing else does', () => {
    fc.assert(fc.property(fc.array(write, { maxLength: 8 }), fc.string(), (writes, noise) => {
      const text = tokenOf(writes).toString();
      expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(SessionToken.parse(text)?.toString()).toBe(text);
      expect(SessionToken.parse(noise)?.toString()).toBe(SessionToken.parse(noise) === undefined ? undefined : noise);
      expect(SessionToken.parse(`${text}=`)).toBeUndefined();
    }));
    expect(SessionToken.parse(Buffer.from('1~s~1~s~2').toString('base64url'))).toBeUndefined();
    expect(SessionToken.parse(Buffer.from('2~s~1').toString('base64url'))).toBeUndefined();
    expect(SessionToken.parse('A'.repeat(40_000))).toBeUndefined();
  });

  it('is held by who has come as far in every shard, and by nobody else', () => {
    fc.assert(fc.property(fc.array(write, { maxLength: 8 }), fc.array(write, { maxLength: 8 }), (writes, applied) => {
      const reached = new Map<string, string>();
      applied.forEach(({ shardId, sequenceNumber }) => reached.set(shardId, sequenceNumber));
      const expected = writes.every(({ shardId, sequenceNumber }) => reached.has(shardId) && BigInt(reached.get(shardId)!) >= BigInt(sequenceNumber));
      expect(tokenOf(writes).isHeldBy(reached)).toBe(expected);
    }), { numRuns: 300 });
  });

  it('is the same in whatever order writes become known', () => {
    fc.assert(fc.property(fc.array(write), fc.array(write), (mine, yours) => {
      expect(tokenOf(mine).merge(tokenOf(yours)).toString()).toBe(tokenOf([...yours, ...mine].reverse()).toString());
    }));
  });

  it('is made of receipts', () => {
    const receipt = encodeReceipt({ shardId: 'shardId-7', sequenceNumber: '123', index: 4 }, 1_700_000_000_000);
    const token = SessionToken.NONE.afterReceipt(receipt);
    expect(token?.shardIds).toEqual(['shardId-7']);
    expect(token?.isHeldBy(new Map([['shardId-7', '122']]))).toBe(false);
    expect(token?.isHeldBy(new Map([['shardId-7', '123']]))).toBe(true);
    expect(SessionToken.NONE.afterReceipt('nonsense')).toBeUndefined();
  });
});

describe('SessionReads', () => {
  /** A log of writes, and a replica that applies one of them every so often. */
  function world(every: number) {
    const clock = new ManualClock(0);
    const log: string[] = [];
    const reached = (): number => Math.min(log.length, Math.floor(clock.now() / every));
    const applied = async (): Promise<ShardPositions> => new Map(reached() === 0 ? [] : [['s', String(reached())]]);
    return {
      clock, applied,
      write: (value: string) => ({ shardId: 's', sequenceNumber: String(log.push(value)) }),
      places: { replica: async () => log.slice(0, reached()), source: async () => [...log] },
    };
  }

  it('always show a session what it wrote, from wherever', async () => {
    await fc.assert(fc.asyncProperty(
      fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 300 }), fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 }),
      async (every, waitMilliseconds, pauses) => {
        const { clock, applied, write: append, places } = world(every);
        const reads = new SessionReads({ applied, clock, waitMilliseconds });
        let token = SessionToken.NONE;
        for (const [index, pause] of pauses.entries()) {
          token = token.after(append(`write ${index}`));
          clock.time += pause;
          const begun = clock.now();
          const { value } = await reads.read(token, places);
          expect(value).toHaveLength(index + 1);
          expect(clock.now() - begun).toBeLessThanOrEqual(waitMilliseconds);
        }
      },
    ), { numRuns: 200 });
  });

  it('wait for a replica that is nearly there, and ask the source when it is not', async () => {
    const { clock, applied, write: append, places } = world(100);
    const token = SessionToken.NONE.after(append('mine'));
    const source = { ...places, replica: () => Promise.reject(new Error('not here')) };
    expect(await new SessionReads({ applied, clock, waitMilliseconds: 50 }).read(token, source)).toEqual({ value: ['mine'], from: 'source' });
    expect(await new SessionReads({ applied, clock, waitMilliseconds: 200 }).read(token, places)).toEqual({ value: ['mine'], from: 'replica' });
    expect(clock.now()).toBe(100);
  });

  it('are cheap for who wrote nothing, and go to the source when nobody knows how far the replica is', async () => {
    const { clock, places, write: append } = world(100);
    const applied = jest.fn().mockRejectedValue(new Error('away'));
    const reads = new SessionReads({ applied, clock });
    expect((await reads.read(SessionToken.NONE, places)).from).toBe('replica');
    expect(applied).not.toHaveBeenCalled();
    expect((await reads.read(SessionToken.NONE.after(append('mine')), places)).from).toBe('source');
  });

  it('refuse times out of their range', () => {
    const applied = async (): Promise<ShardPositions> => new Map();
    expect(() => new SessionReads({ applied, waitMilliseconds: 60_001 })).toThrow('`waitMilliseconds` must be a whole number between 0 and 60000, got: 60001');
    expect(() => new SessionReads({ applied, pollMilliseconds: 0 })).toThrow('`pollMilliseconds` must be a whole number between 1 and 60000, got: 0');
  });
});
