import { JsonPath, JsonValue } from './json-value';

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
