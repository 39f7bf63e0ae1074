import { MalformedRequestError } from './wire-reader';

const LENGTH_BYTES = 4;

/** Cuts the bytes of a connection into messages, in front of each of which its length stands. */
export class FrameSplitter {
  /** A message of which a part has come, or the beginning of a length. */
  private pending: Buffer = Buffer.alloc(0);
  /** How much of `pending` has come, where its length is known. */
  private filled = 0;
  private isSized = false;

  /** @param maximumBytes of one message */
  constructor(private readonly maximumBytes: number) {}

  /**
   * Takes what has come. What lies in it as a whole is not copied.
   *
   * @returns the messages that are whole now, without their lengths
   * @throws MalformedRequestError for a length that no message has
   */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.isSized) {
        const copied = rest.copy(this.pending, this.filled);
        this.filled += copied;
        rest = rest.subarray(copied);
        if (this.filled === this.pending.length) {
          frames.push(this.pending);
          this.reset(Buffer.alloc(0));
        }
        continue;
      }
      if (this.pending.length > 0) {
        rest = Buffer.concat([this.pending, rest]);
        this.reset(Buffer.alloc(0));
      }
      if (rest.length < LENGTH_BYTES) {
        this.reset(Buffer.from(rest));
        break;
      }
      const length = this.checked(rest.readInt32BE());
      rest = rest.subarray(LENGTH_BYTES);
      if (rest.length >= length) {
        frames.push(rest.subarray(0, length));
        rest = rest.subarray(length);
      } else {
        this.pending = Buffer.allocUnsafe(length);
        this.filled = rest.copy(this.pending);
        this.isSized = true;
        break;
      }
    }
    return frames;
  }

  private reset(pending: Buffer): void {
    this.pending = pending;
    this.filled = 0;
    this.isSized = false;
  }

  private checked(length: number): number {
    if (length <= 0 || length > this.maximumBytes) {
      throw new MalformedRequestError(`a request must have between 1 and ${this.maximumBytes} bytes, got: ${length}`);
    }
    return length;
  }
}
