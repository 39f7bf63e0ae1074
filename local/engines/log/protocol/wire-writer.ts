/** Room that a message begins with: most have no more. */
const FIRST_BYTES = 256;

const UPPER_HALF = 0x1_0000_0000;

/** Of the length in front of a message. */
const LENGTH_BYTES = 4;

/** Up to this many bytes, copying them is cheaper than sending them as a piece of their own. */
const COPIED_BYTES = 1024;

/** Writes a message, field after field, with its length in front of it. Large parts are passed on as they are, without being copied. */
export class WireWriter {
  private readonly done: Buffer[] = [];
  private doneBytes = 0;
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private position = LENGTH_BYTES;

  int8(value: number): void {
    const at = this.reserve(1);
    this.buffer.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.reserve(2);
    this.buffer.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeInt32BE(value, at);
  }

  /** Exact up to 2^53. */
  int64(value: number): void {
    const at = this.reserve(8);
    this.buffer.writeInt32BE(Math.floor(value / UPPER_HALF), at);
    this.buffer.writeUInt32BE(value >>> 0, at + 4);
  }

  unsignedVarint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) {
      this.byte((rest & 0x7f) | 0x80);
    }
    this.byte(rest);
  }

  bytes(value: Buffer): void {
    if (value.length > COPIED_BYTES) {
      this.finish();
      this.done.push(value);
      this.doneBytes += value.length;
      return;
    }
    const at = this.reserve(value.length);
    value.copy(this.buffer, at);
  }

  /** The message and its length. @returns pieces to be sent one after the other */
  framed(): readonly Buffer[] {
    this.finish();
    this.done[0].writeInt32BE(this.doneBytes - LENGTH_BYTES);
    return this.done;
  }

  private finish(): void {
    if (this.position > 0) {
      this.done.push(this.buffer.subarray(0, this.position));
      this.doneBytes += this.position;
      this.buffer = this.buffer.subarray(this.position);
      this.position = 0;
    }
  }

  private byte(value: number): void {
    const at = this.reserve(1);
    this.buffer[at] = value;
  }

  /** Makes room, perhaps in another buffer: so it is called before the buffer is looked at. @returns where the room begins */
  private reserve(length: number): number {
    const at = this.position;
    if (at + length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, 2 * (at + length)));
      this.buffer.copy(larger, 0, 0, at);
      this.buffer = larger;
    }
    this.position = at + length;
    return at;
  }
}
