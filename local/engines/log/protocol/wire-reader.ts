/** Bytes of a client that do not hold what they should. */
export class MalformedRequestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedRequestError';
  }
}

/** 2 to the power of 32: the upper half of a number of 64 bits. */
const UPPER_HALF = 0x1_0000_0000;

/** Bits of a byte of a variable-length number; the eighth says that another byte follows. */
const VARINT_BITS = 7;

/** Bytes of the longest number of 32 bits. */
const VARINT_BYTES = 5;

/** Reads what the protocol of Kafka is made of, one after the other. See https://kafka.apache.org/protocol#protocol_types. */
export class WireReader {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Bytes that were not read yet. */
  get remaining(): number {
    return this.bytes.length - this.position;
  }

  int8(): number {
    return this.bytes.readInt8(this.take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  /** Exact up to 2^53, which no offset, time or producer comes to. */
  int64(): number {
    const at = this.take(8);
    return this.bytes.readInt32BE(at) * UPPER_HALF + this.bytes.readUInt32BE(at + 4);
  }

  unsignedVarint(): number {
    let value = 0;
    for (let index = 0; index < VARINT_BYTES; index += 1) {
      const byte = this.bytes[this.take(1)];
      value += (byte & 0x7f) * 2 ** (index * VARINT_BITS);
      if (byte < 0x80) {
        return value;
      }
    }
    throw new MalformedRequestError(`a variable-length number must have at most ${VARINT_BYTES} bytes`);
  }

  /** A view: it holds as long as what is read from. */
  slice(length: number): Buffer {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  text(length: number): string {
    const at = this.take(length);
    return this.bytes.toString('utf8', at, at + length);
  }

  private take(length: number): number {
    const at = this.position;
    if (length < 0 || at + length > this.bytes.length) {
      throw new MalformedRequestError(`${length} bytes were to be read at ${at}, and there are ${this.bytes.length}`);
    }
    this.position += length;
    return at;
  }
}
