import { JsonDocument, JsonFault, JsonReaderOptions } from './json-document';
import { Layout, layoutsBefore, WrittenName, writtenName } from './json-layouts';
import { BACKSLASH, isDigit, JsonScanner, QUOTE } from './json-scanner';
import { JsonObject, JsonValue } from './json-value';

export { type JsonDocument, type JsonFault, type JsonReaderOptions, JsonSyntaxError } from './json-document';

const NO_FAULTS: readonly JsonFault[] = [];
const NO_NAMES: readonly string[] = [];
const NO_WRITTEN_NAMES: readonly WrittenName[] = [];
const NO_VALUES: readonly JsonValue[] = [];

/** Longest text, in characters, that is compared with the one of the object before: codes and kinds are short, ids seldom come again. */
const LONGEST_REPEATED_TEXT = 12;

/** Shortest name that is compared with that of the object before: with its quotes it fills a word. */
const SHORTEST_REPEATED_NAME = 2;

/** From so many members on, names are looked up in a set: comparing each with each would take quadratic time. */
const LINEAR_SEARCH_LIMIT = 16;

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** What ends a stretch of a text that is printable ASCII and stands for itself. */
const SPECIAL = 2;
/** Of each byte: 1 for a digit, `SPECIAL` for what needs to be looked at, 0 for the others. */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => (
  byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH ? SPECIAL : Number(isDigit(byte))
));

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

class JsonReader extends JsonScanner {
  private depth = 0;
  /** Whether the texts that are values of the innermost object are plain so far. */
  private isPlain = true;
  /** That of the last object at each depth: an array mostly holds objects that are alike. */
  private readonly layouts: (Layout | undefined)[];
  /** The last object at each depth. */
  private readonly objects: (JsonObject | undefined)[] = [];
  /** Longest text that is taken from it: one that is refused is none of those. */
  private readonly longestRepeatedText: number;
  /** Where the last name ended that was read, its quotes included. */
  private nameEnd = 0;

  private readonly maximumDepth: number;
  private readonly refuseText: ((text: string) => boolean) | undefined;
  private readonly refusedDigits: number;
  private readonly sharedNames: ReadonlyMap<string, string> | undefined;

  public constructor(bytes: Uint8Array, { maximumDepth = 16, refuseText, refusedDigits = 0, usualNames }: JsonReaderOptions) {
    super(bytes);
    this.maximumDepth = maximumDepth;
    this.refuseText = refuseText;
    this.refusedDigits = refusedDigits;
    this.longestRepeatedText = refuseText === undefined ? LONGEST_REPEATED_TEXT : Math.min(LONGEST_REPEATED_TEXT, refusedDigits - 1);
    this.sharedNames = usualNames;
    this.layouts = usualNames === undefined ? [] : layoutsBefore(usualNames).slice();
  }

  public document(): JsonDocument {
    const value = this.value();
    this.peek();
    if (this.position < this.length) {
      this.fail();
    }
    return { value, faults: this.faults ?? NO_FAULTS };
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

  private object(): JsonObject {
    const start = this.position++;
    const around = this.isPlain;
    this.isPlain = true;
    const layout = this.layouts[this.depth];
    const usual = layout === undefined ? NO_NAMES : layout.names;
    const written = layout === undefined ? NO_WRITTEN_NAMES : layout.written ??= usual.map(writtenName);
    const count = usual.length;
    const before = this.objects[this.depth];
    const valuesBefore = before !== undefined && before.isPlain && before.names === usual ? before.values : NO_VALUES;
    const values = new Array<JsonValue>(count);
    const step = this.pathLength;
    let known = 0;
    let byte = this.peek();
    // As long as the names are those of the object before, none comes twice, and none needs a text of its own.
    while (byte === QUOTE && known < count && this.takeName(written[known])) {
      this.steps[step] = usual[known];
      this.pathLength = step + 1;
      values[known] = known < valuesBefore.length && this.takeText(valuesBefore[known]) ? valuesBefore[known] : this.value();
      known++;
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
    const object = new JsonObject(names, values, start, this.position, isPlain);
    this.objects[this.depth] = object;
    return object;
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
      mayComeAgain &&= name.length >= SHORTEST_REPEATED_NAME && this.nameEnd - start === name.length + 2;
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
  private takeName({ words, length }: WrittenName): boolean {
    const { bytes, view } = this;
    const end = this.position + length;
    if (end > this.length) {
      return false;
    }
    const last = words.length - 1;
    for (let word = 0, position = this.position; word < last; word++, position += 4) {
      if (view.getInt32(position, true) !== words[word]) {
        return false;
      }
    }
    if (view.getInt32(end - 4, true) !== words[last]) {
      return false;
    }
    this.position = end;
    if (bytes[end] !== COLON && this.peek() !== COLON) {
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

  /** Steps over a text, if it is this value of an object whose texts are plain: what comes again and again needs no string of its own. */
  private takeText(value: JsonValue): boolean {
    if (typeof value !== 'string' || value.length > this.longestRepeatedText || this.peek() !== QUOTE) {
      return false;
    }
    const { bytes } = this;
    const start = this.position + 1;
    const end = start + value.length;
    if (end >= this.length || bytes[end] !== QUOTE) {
      return false;
    }
    // From the end: numbered ones differ there.
    for (let index = value.length - 1; index >= 0; index--) {
      if (bytes[start + index] !== value.charCodeAt(index)) {
        return false;
      }
    }
    this.position = end + 1;
    return true;
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
}
