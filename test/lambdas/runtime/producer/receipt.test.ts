import fc from 'fast-check';
import { decodeReceipt, encodeReceipt, ReceiptWriter } from '../../../../lambdas/runtime/producer/receipt';

const digits = (maximum: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{1,${maximum}}$`));

describe('encodeReceipt and ReceiptWriter', () => {
  it('writes base64url of its parts, whatever came before', () => {
    // Few records and times, so that what receipts share is used again, and indexes on both sides of every length.
    const position = fc.record({
      shardId: fc.constantFrom('shardId-000000000000', 'shardId-000000000001', 's'),
      sequenceNumber: fc.oneof(fc.constantFrom('49590338271490256608559692538361571095921575989136588898', '4', '45'), digits(60)),
      index: fc.oneof(fc.nat(12), fc.nat(600), fc.constantFrom(9, 10, 99, 100, 511, 512, 999, 1_000, 9_999, 10_000, 999_999_999)),
    });
    const acceptedAt = fc.oneof(fc.constantFrom(1_700_000_000_000, 1_700_000_000_001, 0, 7, 42), fc.nat());
    const around = fc.constantFrom('', '"', '","status":202,"receipt":"', '"}');
    fc.assert(fc.property(fc.array(fc.tuple(position, acceptedAt), { minLength: 1, maxLength: 20 }), around, around, (receipts, before, after) => {
      const writer = new ReceiptWriter(before, after);
      for (const [{ shardId, sequenceNumber, index }, at] of receipts) {
        const token = encodeReceipt({ shardId, sequenceNumber, index }, at);
        expect(token).toBe(Buffer.from(`1~${shardId}~${sequenceNumber}~${index}~${at}`, 'latin1').toString('base64url'));
        expect(writer.write({ shardId, sequenceNumber, index }, at)).toBe(before + token + after);
        expect(decodeReceipt(token)).toEqual({ shardId, sequenceNumber, index, acceptedAt: at });
      }
    }), { numRuns: 300 });
  });
});
