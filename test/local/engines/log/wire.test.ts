import * as fc from 'fast-check';
import {
  array, boolean, bytes, int16, int32, int64, int8, nullableArray, nullableText, records, struct, text, uuid,
} from '../../../../local/engines/log/protocol/fields';
import { FrameSplitter } from '../../../../local/engines/log/protocol/frame-splitter';
import { MalformedRequestError, WireReader } from '../../../../local/engines/log/protocol/wire-reader';
import { WireWriter } from '../../../../local/engines/log/protocol/wire-writer';

const LENGTH_BYTES = 4;

const MESSAGE = struct({
  a: int8, b: int16, c: int32, d: int64, e: boolean, f: text, g: nullableText, h: bytes, i: uuid, j: array(struct({ k: int32, l: text })),
  m: nullableArray(int16),
});

const MESSAGES = fc.record({
  a: fc.integer({ min: -128, max: 127 }),
  b: fc.integer({ min: -32_768, max: 32_767 }),
  c: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  d: fc.maxSafeInteger(),
  e: fc.boolean(),
  f: fc.string({ unit: 'grapheme', maxLength: 400 }),
  g: fc.option(fc.string({ maxLength: 20 })),
  h: fc.uint8Array({ maxLength: 3_000 }).map((each) => Buffer.from(each)),
  i: fc.stringMatching(/^[0-9a-f]{32}$/),
  j: fc.array(fc.record({ k: fc.integer(), l: fc.string({ maxLength: 3 }) }), { maxLength: 300, size: 'max' }),
  m: fc.option(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 300, size: 'max' })),
});

function framed(value: Parameters<typeof MESSAGE.write>[1]): Buffer {
  const writer = new WireWriter();
  MESSAGE.write(writer, value);
  return Buffer.concat(writer.framed());
}

describe('a message', () => {
  it('is read as it was written, with its length in front', () => {
    fc.assert(fc.property(MESSAGES, (message) => {
      const frame = framed(message);
      expect(frame.readInt32BE()).toBe(frame.length - LENGTH_BYTES);
      const reader = new WireReader(frame.subarray(LENGTH_BYTES));
      expect(MESSAGE.read(reader)).toEqual(message);
      expect(reader.remaining).toBe(0);
    }), { numRuns: 40 });
  });

  it('that is cut off is not read', () => {
    fc.assert(fc.property(MESSAGES, fc.nat(), (message, at) => {
      const frame = framed(message).subarray(LENGTH_BYTES);
      expect(() => MESSAGE.read(new WireReader(frame.subarray(0, at % frame.length)))).toThrow(MalformedRequestError);
    }), { numRuns: 40 });
  });

  it('of any bytes is read or refused, and nothing else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
      try {
        MESSAGE.read(new WireReader(Buffer.from(any)));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedRequestError);
      }
    }), { numRuns: 500 });
  });

  it('may have fields that are not known, which are read over', () => {
    const newer = Buffer.concat([Buffer.from([5]), Buffer.from([2, 0, 1, 0xff, 7, 0x80, 0x01, ...Buffer.alloc(128)]), Buffer.from([6, 0])]);
    const reader = new WireReader(newer);
    const field = struct({ value: int8 });
    expect([field.read(reader), field.read(reader), reader.remaining]).toEqual([{ value: 5 }, { value: 6 }, 0]);
  });

  it('takes large pieces along without copying them', () => {
    const piece = Buffer.alloc(5_000, 1);
    const writer = new WireWriter();
    records.write(writer, [piece, Buffer.from('end')]);
    const pieces = writer.framed();
    expect(pieces.some((each) => each.buffer === piece.buffer && each.length === piece.length)).toBe(true);
    expect(records.read(new WireReader(Buffer.concat(pieces).subarray(LENGTH_BYTES)))).toEqual([Buffer.concat([piece, Buffer.from('end')])]);
  });
});

describe('a connection\'s bytes', () => {
  it('are the same messages in whatever pieces they come', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 10 });
    fc.assert(fc.property(sizes, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (lengths, cuts) => {
      const frames = lengths.map((length, index) => Buffer.alloc(length, index + 1));
      const all = Buffer.concat(frames.flatMap((frame) => {
        const length = Buffer.alloc(LENGTH_BYTES);
        length.writeInt32BE(frame.length);
        return [length, frame];
      }));
      const splitter = new FrameSplitter(1_000);
      const found: Buffer[] = [];
      for (let at = 0, cut = 0; at < all.length; cut += 1) {
        const length = cuts[cut % cuts.length];
        // Each piece in memory of its own, which is overwritten afterwards where nothing whole lay in it.
        found.push(...splitter.push(Buffer.from(all.subarray(at, at + length))));
        at += length;
      }
      expect(found.map((each) => each.toString('hex'))).toEqual(frames.map((each) => each.toString('hex')));
    }), { numRuns: 300 });
  });

  it.each([0, -1, 1_001])('have no message of %p bytes', (length) => {
    const bytesOfLength = Buffer.alloc(LENGTH_BYTES);
    bytesOfLength.writeInt32BE(length);
    expect(() => new FrameSplitter(1_000).push(bytesOfLength)).toThrow(`a request must have between 1 and 1000 bytes, got: ${length}`);
  });
});
