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
  /**
   * For a `refuseText` that refuses no text in ASCII with fewer digits: of those that are printable and written without escapes it is not asked for
   * such a one. @default 0
   */
  readonly refusedDigits?: number;
  /**
   * Names that members usually have, each standing for itself. Members of those names get these very texts, which are compared faster than new
   * ones and hold on to no document. Objects that have no others, and those in the same order as in the document before, get one list of names.
   *
   * @default - every name is a text of its own
   */
  readonly usualNames?: ReadonlyMap<string, string>;
}

export interface JsonDocument {
  readonly value: JsonValue;
  /** In the order of the document. */
  readonly faults: readonly JsonFault[];
}

const NO_FAULTS: readonly JsonFault[] = [];
const NO_NAMES: readonly string[] = [];
const NO_WRITTEN_NAMES: readonly Uint8Array[] = [];

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

/** What ends a stretch of a text that is printable ASCII and stands for itself. */
const SPECIAL = 2;
/** Of each byte: 1 for a digit, `SPECIAL` for what needs to be looked at, 0 for the others. */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => (
  byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH ? SPECIAL : Number(isDigit(byte))
));

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
  return new JsonReader(bytes, options).document();
}

/** Names of an object: plain ASCII, none twice. */
interface Layout {
  readonly names: readonly string[];
  /** The same as they are mostly written, each with the quote and the colon after it; made when an object comes that may be alike. */
  written: readonly Uint8Array[] | undefined;
}

/** Those of the last documents at each depth, of which all names are usual ones: they hold on to nothing that a client chose. */
const layoutsOfNames = new WeakMap<ReadonlyMap<string, string>, (Layout | undefined)[]>();

function layoutsBefore(usualNames: ReadonlyMap<string, string>): (Layout | undefined)[] {
  let layouts = layoutsOfNames.get(usualNames);
  if (layouts === undefined) {
    layouts = [];
    layoutsOfNames.set(usualNames, layouts);
  }
  return layouts;
}

/** A name as it is mostly written, with the quote and the colon after it. */
function writtenName(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(`${name}":`, 'latin1'));
}

class JsonReader {
  private readonly bytes: Buffer;
  /** The bytes as Latin-1: byte i is character i, so that ASCII texts are substrings of it. */
  private readonly characters: string;
  private readonly length: number;
  private position = 0;
  private depth = 0;
  /** The path to the value that is read now: the first `pathLength` of these. */
  private readonly steps: (string | number)[] = [];
  private pathLength = 0;
  /** Whether the texts that are values of the innermost object are plain so far. */
  private isPlain = true;
  private faults: JsonFault[] | undefined;
  /** That of the last object at each depth: an array mostly holds objects that are alike. */
  private readonly layouts: (Layout | undefined)[];
  /** Where the last name ended that was read, its quotes included. */
  private nameEnd = 0;
  /** Whether the whole document is UTF-8; looked into at the first byte beyond ASCII. */
  private wellFormed: boolean | undefined;

  private readonly maximumDepth: number;
  private readonly refuseText: ((text: string) => boolean) | undefined;
  private readonly refusedDigits: number;
  private readonly sharedNames: ReadonlyMap<string, string> | undefined;

  public constructor(bytes: Uint8Array, { maximumDepth = 16, refuseText, refusedDigits = 0, usualNames }: JsonReaderOptions) {
    this.maximumDepth = maximumDepth;
    this.refuseText = refuseText;
    this.refusedDigits = refusedDigits;
    this.sharedNames = usualNames;
    this.layouts = usualNames === undefined ? [] : layoutsBefore(usualNames).slice();
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
    throw new JsonSyntaxError(this.path(), offset);
  }

  private fault(kind: JsonFault['kind']): void {
    (this.faults ??= []).push({ kind, path: this.path() });
  }

  private path(): JsonPath {
    return this.steps.slice(0, this.pathLength);
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
    if (byte === QUOTE) {
      return this.textValue();
    }
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
      case QUOTE: return this.textValue();
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
    const around = this.isPlain;
    this.isPlain = true;
    const layout = this.layouts[this.depth];
    const usual = layout === undefined ? NO_NAMES : layout.names;
    const written = layout === undefined ? NO_WRITTEN_NAMES : layout.written ??= usual.map(writtenName);
    const count = usual.length;
    const values = new Array<JsonValue>(count);
    const step = this.pathLength;
    let known = 0;
    let byte = this.peek();
    // As long as the names are those of the object before, none comes twice, and none needs a text of its own.
    while (byte === QUOTE && known < count && this.takeName(written[known])) {
      this.steps[step] = usual[known];
      this.pathLength = step + 1;
      values[known++] = this.value();
      this.pathLength = step;
      byte = this.separator(CLOSE_OBJECT);
    }
    let names = usual;
    if (byte !== CLOSE_OBJECT || known < count) {
      values.length = known;
      names = this.otherMembers(byte, usual.slice(0, known), values);
    }
    this.position++;
    const { isPlain } = this;
    this.isPlain = around;
    return new JsonObject(names, values, start, this.position, isPlain);
  }

  /** The members from here on, of an object that is not like the one before. @returns all names */
  private otherMembers(first: number, names: string[], values: JsonValue[]): readonly string[] {
    const step = this.pathLength;
    let known: Set<string> | undefined;
    let mayComeAgain = true;
    let byte = first;
    while (byte !== CLOSE_OBJECT) {
      const start = this.position;
      const name = this.name(byte);
      // Escapes and all beyond ASCII have more bytes than characters.
      mayComeAgain &&= this.nameEnd - start === name.length + 2;
      this.steps[step] = name;
      this.pathLength = step + 1;
      if (names.length === LINEAR_SEARCH_LIMIT) {
        known = new Set(names);
      }
      if (known === undefined ? names.includes(name) : known.has(name)) {
        this.fault('duplicate-member');
        mayComeAgain = false;
      }
      known?.add(name);
      names.push(name);
      values.push(this.value());
      this.pathLength = step;
      byte = this.separator(CLOSE_OBJECT);
    }
    this.layouts[this.depth] = mayComeAgain && known === undefined ? { names, written: undefined } : undefined;
    const { sharedNames } = this;
    if (sharedNames !== undefined && this.layouts[this.depth] !== undefined && names.every((name) => sharedNames.has(name))) {
      layoutsBefore(sharedNames)[this.depth] = this.layouts[this.depth];
    }
    return names;
  }

  private array(): JsonValue[] {
    this.position++;
    const around = this.isPlain;
    const values: JsonValue[] = [];
    const step = this.pathLength;
    let byte = this.peek();
    while (byte !== CLOSE_ARRAY) {
      this.steps[step] = values.length;
      this.pathLength = step + 1;
      values.push(this.value());
      this.pathLength = step;
      byte = this.separator(CLOSE_ARRAY);
    }
    this.position++;
    this.isPlain = around;
    return values;
  }

  /** Steps over a name and the colon after it, if it is this one as it is written. */
  private takeName(name: Uint8Array): boolean {
    const { bytes } = this;
    const start = this.position + 1;
    const colon = name.length - 1;
    for (let index = 0; index < colon; index++) {
      if (bytes[start + index] !== name[index]) {
        return false;
      }
    }
    this.position = start + colon;
    if (bytes[this.position] !== COLON && this.peek() !== COLON) {
      this.fail();
    }
    this.position++;
    return true;
  }

  /** A member's name and the colon after it. */
  private name(byte: number): string {
    if (byte !== QUOTE) {
      this.fail();
    }
    const text = this.text();
    const name = this.sharedNames?.get(text) ?? text;
    this.nameEnd = this.position;
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

  /** A text that is a value. */
  private textValue(): string {
    const { bytes, length } = this;
    const start = this.position + 1;
    let position = start;
    let digits = 0;
    for (; position < length; position++) {
      const kind = KINDS[bytes[position]];
      if (kind === SPECIAL) {
        break;
      }
      digits += kind;
    }
    let text: string;
    if (position < length && bytes[position] === QUOTE) {
      this.position = position + 1;
      text = this.characters.substring(start, position);
      if (digits < this.refusedDigits) {
        return text;
      }
    } else {
      text = this.text();
      this.isPlain = false;
    }
    if (this.refuseText !== undefined && this.refuseText(text)) {
      this.fault('refused-text');
    }
    return text;
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
