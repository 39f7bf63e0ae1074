/** An input of a call that knows a shorter way to its JSON than `JSON.stringify`. */
export interface WritesJson {
  /**
   * Writes what `JSON.stringify` of this object would, in UTF-8.
   *
   * @returns the bytes; they are only valid until the next call of anything that writes JSON
   */
  writeJson(): Uint8Array;
}

/** The JSON of an input. The bytes are only valid until the next call. */
export function jsonBytes(input: object): Uint8Array {
  return 'writeJson' in input ? (input as WritesJson).writeJson() : Buffer.from(JSON.stringify(input), 'utf8');
}

/** Units that most texts are shorter than; a copy of more is faster as one call into C++. */
const SHORT_TEXT = 64;
/** Most bytes of a UTF-16 unit in a JSON string: `\u001f`. */
const MAXIMUM_UNIT_BYTES = 6;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const FIRST_OF_SEVERAL_BYTES = 0x80;

/**
 * Writes JSON of a known shape into one array that is used again and again.
 *
 * For calls made of many small objects: `JSON.stringify` looks at the shape of each of them and makes a text, which is then encoded twice, to be
 * hashed and to be sent. Whoever calls these methods states the shape, and the bytes are there at once. What it writes must be used up before it
 * `begin`s again.
 */
export class JsonWriter {
  private bytes: Buffer;
  private position = 0;

  /** @param initialBytes size of the array at first; it grows with what is written */
  public constructor(initialBytes = 16 * 1_024) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
  }

  public begin(): void {
    this.position = 0;
  }

  /** What was written since `begin`: a view, not a copy. */
  public end(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  /** Writes a few characters of ASCII that are JSON already. */
  public raw(json: string): void {
    const { length } = json;
    this.makeRoom(length);
    const { bytes, position } = this;
    for (let index = 0; index < length; index++) {
      bytes[position + index] = json.charCodeAt(index);
    }
    this.position = position + length;
  }

  /** Writes bytes that are JSON already. */
  public rawBytes(json: Uint8Array): void {
    this.makeRoom(json.length);
    this.bytes.set(json, this.position);
    this.position += json.length;
  }

  /** Writes many characters of ASCII that are JSON already. */
  public rawLong(json: string): void {
    this.makeRoom(json.length);
    this.position += this.bytes.write(json, this.position, 'latin1');
  }

  /** Writes a text as a JSON string, with its quotes. */
  public text(text: string): void {
    const { length } = text;
    this.makeRoom(MAXIMUM_UNIT_BYTES * length + 2);
    const { bytes } = this;
    let position = this.position;
    if (length < SHORT_TEXT) {
      bytes[position++] = QUOTE;
      for (let index = 0; index < length; index++) {
        const unit = text.charCodeAt(index);
        if (unit < SPACE || unit >= FIRST_OF_SEVERAL_BYTES || unit === QUOTE || unit === BACKSLASH) {
          this.escaped(text);
          return;
        }
        bytes[position++] = unit;
      }
      bytes[position++] = QUOTE;
      this.position = position;
      return;
    }
    this.escaped(text);
  }

  private escaped(text: string): void {
    this.position += this.bytes.write(JSON.stringify(text), this.position, 'utf8');
  }

  private makeRoom(bytes: number): void {
    if (this.position + bytes > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.position + bytes));
      this.bytes.copy(larger, 0, 0, this.position);
      this.bytes = larger;
    }
  }
}
