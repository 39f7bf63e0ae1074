import { isUtf8 } from 'node:buffer';
import { EXACT_DIGITS, JsonNumber, JsonObject, JsonPath, JsonValue } from './json-value';

/** The bytes are no JSON text (RFC 8259), so that nothing can be said about what is in them. */
export class JsonSyntaxError extends Error {
  /**
   * @param path where the reader was: the innermost value that was begun
   * @param offset byte position of the fault
   */
  public constructor(public readonly path: JsonPath, public readonly offset: number) {
    super(`not JSON at byte ${offset}`);
    this.name = 'JsonSyntaxError';
  }
}

/** A fault that leaves the rest of the document readable. */
export interface JsonFault {
  readonly kind:
  /** An object has two members of one name; the path names the later one. */
    | 'duplicate-member'
    /** A text, or a member name of the object that the path names, is not well-formed Unicode: invalid UTF-8 or a lone surrogate. */
    | 'malformed-text'
    /** An object or array lies deeper than allowed; it is read as null. */
    | 'too-deep'
    /** A text that the option `refuseText` refuses. */
    | 'refused-text';
  readonly path: JsonPath;
}

export interface JsonReaderOptions {
  /** How deep objects and arrays may nest, the outermost being 1. @default 16 */
  readonly maximumDepth?: number;
  /** Is asked for every text value, wherever it lies. True makes a fault of it. @default - no text is refused */
  readonly refuseText?: (text: string) => boolean;
}

export interface JsonDocument {
  readonly value: JsonValue;
  /** In the order of the document. */
  readonly faults: readonly JsonFault[];
}

const NO_FAULTS: readonly JsonFault[] = [];

/** From so many members on, names are looked up in a set: comparing each with each would take quadratic time. */
const LINEAR_SEARCH_LIMIT = 16;

const LONE_SURROGATE = /\p{Surrogate}/u;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const MINUS = 0x2d;
const POINT = 0x2e;

/** What follows a backslash, but for `u`. */
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t' };

/**
 * Reads a JSON text strictly: the grammar of RFC 8259 to the letter, one value, no byte order mark.
 *
 * Unlike `JSON.parse` it reports duplicate members and malformed text instead of passing over them, and leaves
 * numbers exact. Faults are collected with their path, so that one bad part of a document need not spoil the rest.
 *
 * @throws JsonSyntaxError when the bytes are no JSON text
 */
export function readJson(bytes: Uint8Array, options: JsonReaderOptions = {}): JsonDocument {
  return new JsonReader(bytes, options.maximumDepth ?? 16, options.refuseText).document();
}

class JsonReader {
  private readonly bytes: Buffer;
  /** The bytes as Latin-1: byte i is character i, so that ASCII texts are substrings of it. */
  private readonly characters: string;
  private readonly length: number;
  private position = 0;
  private depth = 0;
  private readonly path: (string | number)[] = [];
  private faults: JsonFault[] | undefined;
  /** Whether the whole document is UTF-8; looked into at the first byte beyond ASCII. */
  private wellFormed: boolean | undefined;

  public constructor(bytes: Uint8Array, private readonly maximumDepth: number, private readonly refuseText?: (text: string) => boolean) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.characters = this.bytes.toString('latin1');
    this.length = this.bytes.length;
  }

  public document(): JsonDocument {
    const value = this.value();
    this.peek();
    if (this.position < this.length) {
      this.fail();
    }
    return { value, faults: this.faults ?? NO_FAULTS };
  }

  private fail(offset: number = this.position): never {
    throw new JsonSyntaxError(this.path.slice(), offset);
  }

  private fault(kind: JsonFault['kind']): void {
    (this.faults ??= []).push({ kind, path: this.path.slice() });
  }

  /** Steps over white space and returns the byte there, or -1 at the end. */
  private peek(): number {
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

  private value(): JsonValue {
    const byte = this.peek();
    if (byte !== OPEN_OBJECT && byte !== OPEN_ARRAY) {
      return this.scalar(byte);
    }
    if (this.depth === this.maximumDepth) {
      this.fault('too-deep');
      this.skipContainer();
      return null;
    }
    this.depth++;
    const container = byte === OPEN_OBJECT ? this.object() : this.array();
    this.depth--;
    return container;
  }

  private scalar(byte: number): JsonValue {
    switch (byte) {
      case QUOTE: {
        const text = this.text();
        if (this.refuseText !== undefined && this.refuseText(text)) {
          this.fault('refused-text');
        }
        return text;
      }
      case 0x74: return this.literal('true', true);
      case 0x66: return this.literal('false', false);
      case 0x6e: return this.literal('null', null);
      default: return this.number(byte);
    }
  }

  private literal<Value extends boolean | null>(word: string, value: Value): Value {
    if (!this.characters.startsWith(word, this.position)) {
      this.fail();
    }
    this.position += word.length;
    return value;
  }

  private object(): JsonObject {
    const start = this.position++;
    const names: string[] = [];
    const values: JsonValue[] = [];
    let known: Set<string> | undefined;
    let byte = this.peek();
    while (byte !== CLOSE_OBJECT) {
      const name = this.name(byte);
      this.path.push(name);
      if (names.length === LINEAR_SEARCH_LIMIT) {
        known = new Set(names);
      }
      if (known === undefined ? names.includes(name) : known.has(name)) {
        this.fault('duplicate-member');
      }
      known?.add(name);
      names.push(name);
      values.push(this.value());
      this.path.pop();
      byte = this.separator(CLOSE_OBJECT);
    }
    this.position++;
    return new JsonObject(names, values, start, this.position);
  }

  private array(): JsonValue[] {
    this.position++;
    const values: JsonValue[] = [];
    let byte = this.peek();
    while (byte !== CLOSE_ARRAY) {
      this.path.push(values.length);
      values.push(this.value());
      this.path.pop();
      byte = this.separator(CLOSE_ARRAY);
    }
    this.position++;
    return values;
  }

  /** A member's name and the colon after it. */
  private name(byte: number): string {
    if (byte !== QUOTE) {
      this.fail();
    }
    const name = this.text();
    if (this.peek() !== COLON) {
      this.fail();
    }
    this.position++;
    return name;
  }

  /** After a member or an item: the byte of the next one, or the closing byte, which is left to be taken. */
  private separator(close: number): number {
    const byte = this.peek();
    if (byte === close) {
      return byte;
    }
    if (byte !== COMMA) {
      this.fail();
    }
    this.position++;
    const next = this.peek();
    if (next === close) {
      this.fail();
    }
    return next;
  }

  /**
   * Steps over an object or array without building it and without recursion, so that its depth costs nothing.
   * Its grammar and its texts are still looked at.
   */
  private skipContainer(): void {
    const closes: number[] = [];
    do {
      // Here a value begins.
      const byte = this.peek();
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        const close = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
        this.position++;
        const next = this.peek();
        closes.push(close);
        if (next !== close) {
          if (close === CLOSE_OBJECT) {
            this.name(next);
          }
          continue;
        }
      } else {
        this.scalar(byte);
      }
      this.closeContainers(closes);
    } while (closes.length > 0);
  }

  /** After a value: takes all containers that end here, up to the next value. */
  private closeContainers(closes: number[]): void {
    while (closes.length > 0) {
      const close = closes[closes.length - 1];
      const next = this.separator(close);
      if (next !== close) {
        if (close === CLOSE_OBJECT) {
          this.name(next);
        }
        return;
      }
      this.position++;
      closes.pop();
    }
  }

  private text(): string {
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

  private number(first: number): number | JsonNumber {
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

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
