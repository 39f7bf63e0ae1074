/** Thrown when bytes are not protobuf wire format. The message names the fault and never holds any of the bytes. */
export class WireFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WireFormatError';
  }
}

/** The wire types of the protobuf encoding, https://protobuf.dev/programming-guides/encoding/ */
export const WireType = { VARINT: 0, FIXED64: 1, LENGTH_DELIMITED: 2, START_GROUP: 3, END_GROUP: 4, FIXED32: 5 } as const;

/** Groups are long deprecated; a reader need only be able to step over them. */
const MAXIMUM_GROUP_DEPTH = 16;

/**
 * Walks over the fields of one protobuf message inside a larger array.
 *
 * It holds only numbers, so that a codec on the hot path can use one without cost. Every method throws
 * `WireFormatError` rather than reading past the end.
 */
export class WireReader {
  constructor(readonly bytes: Uint8Array, public position: number = 0, readonly end: number = bytes.length) {}

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  /**
   * Reads an unsigned varint of at most 64 bits. Exact up to 2^53 - 1; a larger value comes back as a number that
   * `Number.isSafeInteger` refuses. A negative int64 is such a number, as its encoding is that of the value plus 2^64.
   */
  varint(): number {
    const { bytes, end } = this;
    let position = this.position;
    let value = 0;
    // Four groups of seven bits fit the integer arithmetic of 32 bits; almost every varint ends there.
    for (let shift = 0; shift < 28; shift += 7) {
      if (position >= end) {throw new WireFormatError('varint is cut off');}
      const byte = bytes[position++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.position = position;
        return value;
      }
    }
    for (let scale = 2 ** 28, group = 4; group < 10; scale *= 128, group++) {
      if (position >= end) {throw new WireFormatError('varint is cut off');}
      const byte = bytes[position++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (group === 9 && byte > 1) {throw new WireFormatError('varint is longer than 64 bits');}
        this.position = position;
        return value;
      }
    }
    throw new WireFormatError('varint is longer than 64 bits');
  }

  /** Reads the key of the next field: `tag >>> 3` is its number, `tag & 7` its wire type. */
  tag(): number {
    const tag = this.varint();
    if (tag > 0xffffffff) {throw new WireFormatError('field number is too large');}
    if (tag < 8) {throw new WireFormatError('field number is 0');}
    return tag;
  }

  /** Reads the length of a length-delimited field and returns the position after its content, which must lie inside the message. */
  contentEnd(): number {
    const length = this.varint();
    if (length > this.end - this.position) {throw new WireFormatError('field is cut off');}
    return this.position + length;
  }

  /** Steps over the content of the field whose tag was read last. */
  skip(tag: number, depth: number = 0): void {
    switch (tag & 7) {
      case WireType.VARINT:
        this.varint();
        return;
      case WireType.FIXED64:
        this.advance(8);
        return;
      case WireType.LENGTH_DELIMITED:
        this.position = this.contentEnd();
        return;
      case WireType.FIXED32:
        this.advance(4);
        return;
      case WireType.START_GROUP:
        this.skipGroup(tag >>> 3, depth);
        return;
      default:
        throw new WireFormatError('wire type is unknown');
    }
  }

  private advance(bytes: number): void {
    if (bytes > this.end - this.position) {throw new WireFormatError('field is cut off');}
    this.position += bytes;
  }

  private skipGroup(field: number, depth: number): void {
    if (depth >= MAXIMUM_GROUP_DEPTH) {throw new WireFormatError('groups are nested too deep');}
    for (;;) {
      const tag = this.tag();
      if ((tag & 7) === WireType.END_GROUP) {
        if (tag >>> 3 !== field) {throw new WireFormatError('group is not closed by its own number');}
        return;
      }
      this.skip(tag, depth + 1);
    }
  }
}

/** Bytes that `writeVarint` needs for a value from 0 to 2^53 - 1. */
export function varintSize(value: number): number {
  if (value < 2 ** 7) {return 1;}
  if (value < 2 ** 14) {return 2;}
  let size = 3;
  for (let bound = 2 ** 21; value >= bound; bound *= 128) {size++;}
  return size;
}

/** Writes an unsigned varint (0 to 2^53 - 1) and returns the position after it. */
export function writeVarint(target: Uint8Array, position: number, value: number): number {
  let rest = value;
  if (value >= 2 ** 28) {
    // Beyond 32 bits there are only floating-point operations; one division leaves two parts that need none.
    const high = Math.floor(value / 2 ** 28);
    const low = value - high * 2 ** 28;
    target[position++] = (low & 0x7f) | 0x80;
    target[position++] = ((low >>> 7) & 0x7f) | 0x80;
    target[position++] = ((low >>> 14) & 0x7f) | 0x80;
    target[position++] = (low >>> 21) | 0x80;
    rest = high;
  }
  while (rest > 0x7f) {
    target[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[position++] = rest;
  return position;
}
