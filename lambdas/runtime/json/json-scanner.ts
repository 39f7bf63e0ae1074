import { isUtf8 } from 'node:buffer';
import { JsonFault, JsonSyntaxError } from './json-document';
import { EXACT_DIGITS, JsonNumber, JsonPath } from './json-value';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Bytes that mean something in JSON. */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;

/** What follows a backslash, but for `u`. */
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t' };

/** Steps through the bytes of a JSON text: what has no parts is read here, texts and numbers among it. */
export abstract class JsonScanner {
  protected readonly bytes: Buffer;
  /** The same, for those who read four at once. */
  protected readonly view: DataView;
  /** The bytes as Latin-1: byte i is character i, so that ASCII texts are substrings of it. */
  protected readonly characters: string;
  protected readonly length: number;
  protected position = 0;
  /** The path to the value that is read now: the first `pathLength` of these. */
  protected readonly steps: (string | number)[] = [];
  protected pathLength = 0;
  protected faults: JsonFault[] | undefined;
  /** Whether the whole document is UTF-8; looked into at the first byte beyond ASCII. */
  private wellFormed: boolean | undefined;

  protected constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.characters = this.bytes.toString('latin1');
    this.length = this.bytes.length;
  }

  protected fail(offset: number = this.position): never {
    throw new JsonSyntaxError(this.path(), offset);
  }

  protected fault(kind: JsonFault['kind']): void {
    (this.faults ??= []).push({ kind, path: this.path() });
  }

  private path(): JsonPath {
    return this.steps.slice(0, this.pathLength);
  }

  /** Steps over white space and returns the byte there, or -1 at the end. */
  protected peek(): number {
    const { bytes, length } = this;
    let position = this.position;
    while (position < length) {
      const byte = bytes[position];
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.position = position;
        return byte;
      }
      position++;
    }
    this.position = position;
    return -1;
  }

  protected literal<Value extends boolean | null>(word: string, value: Value): Value {
    if (!this.characters.startsWith(word, this.position)) {
      this.fail();
    }
    this.position += word.length;
    return value;
  }

  /** A text as it is written here, its quotes included. */
  protected text(): string {
    const { bytes, length } = this;
    const start = this.position + 1;
    let position = start;
    let beyondAscii = 0;
    for (; position < length; position++) {
      const byte = bytes[position];
      if (byte === QUOTE) {
        this.position = position + 1;
        return beyondAscii < 0x80 ? this.characters.substring(start, position) : this.checked(this.decode(start, position));
      }
      if (byte === BACKSLASH) {
        return this.escapedText(start, position);
      }
      if (byte < 0x20) {
        this.fail(position);
      }
      beyondAscii |= byte;
    }
    return this.fail(position);
  }

  private escapedText(start: number, firstEscape: number): string {
    const { bytes, length } = this;
    let text = '';
    let segment = start;
    let position = firstEscape;
    let malformed = false;
    while (position < length) {
      const byte = bytes[position];
      if (byte === QUOTE || byte === BACKSLASH) {
        const decoded = this.decode(segment, position);
        malformed ||= decoded === undefined;
        text += decoded ?? '\ufffd';
        if (byte === QUOTE) {
          this.position = position + 1;
          return this.checked(malformed || LONE_SURROGATE.test(text) ? undefined : text, text);
        }
        this.position = position;
        text += this.escape();
        position = segment = this.position;
      } else if (byte < 0x20) {
        this.fail(position);
      } else {
        position++;
      }
    }
    return this.fail(position);
  }

  /** The escape that begins here; it may be half of a surrogate pair. */
  private escape(): string {
    const start = this.position;
    const letter = this.characters[start + 1];
    if (letter !== 'u') {
      const character = letter === undefined ? undefined : ESCAPES[letter];
      if (character === undefined) {
        this.fail(start);
      }
      this.position = start + 2;
      return character;
    }
    const digits = this.characters.substring(start + 2, start + 6);
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) {
      this.fail(start);
    }
    this.position = start + 6;
    return String.fromCharCode(parseInt(digits, 16));
  }

  /** The bytes of a text as UTF-8, or undefined if they are not. */
  private decode(start: number, end: number): string | undefined {
    this.wellFormed ??= isUtf8(this.bytes);
    if (!this.wellFormed && !isUtf8(this.bytes.subarray(start, end))) {
      return undefined;
    }
    return this.bytes.toString('utf8', start, end);
  }

  private checked(text: string | undefined, replacement: string = '\ufffd'): string {
    if (text === undefined) {
      this.fault('malformed-text');
      return replacement;
    }
    return text;
  }

  protected number(first: number): number | JsonNumber {
    const { bytes } = this;
    const start = this.position;
    let position = first === MINUS ? start + 1 : start;
    const digits = position;
    let value = 0;
    // Reading past the end gives undefined, which is no digit.
    while (isDigit(bytes[position])) {
      value = value * 10 + (bytes[position++] - 0x30);
    }
    const count = position - digits;
    if (count === 0 || (count > 1 && bytes[digits] === 0x30)) {
      this.fail(start);
    }
    const wholeEnd = position;
    if (bytes[position] === POINT) {
      position = this.digits(position + 1);
    }
    if ((bytes[position] | 0x20) === 0x65) {
      const sign = bytes[position + 1];
      position = this.digits(position + (sign === MINUS || sign === 0x2b ? 2 : 1));
    }
    this.position = position;
    if (position === wholeEnd && count <= EXACT_DIGITS) {
      return first === MINUS ? -value : value;
    }
    return new JsonNumber(this.characters.substring(start, position));
  }

  /** Position after the digits that begin here, of which there must be one. */
  private digits(position: number): number {
    if (!isDigit(this.bytes[position])) {
      this.fail(position);
    }
    while (isDigit(this.bytes[position])) {
      position++;
    }
    return position;
  }
}

/** Whether a byte is a digit in ASCII. */
export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
