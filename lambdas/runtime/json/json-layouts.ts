/**
 * A name between its quotes, as words of four bytes with the lowest byte first. The last word ends with the closing quote, so that it may begin with
 * bytes of the one before.
 */
export interface WrittenName {
  readonly words: readonly number[];
  /** In bytes. */
  readonly length: number;
}

/** Names of an object: plain ASCII of two characters or more, none twice. */
export interface Layout {
  readonly names: readonly string[];
  /** The same as they are mostly written; made when an object comes that may be alike. */
  written: readonly WrittenName[] | undefined;
}

/** Those of the last documents at each depth, of which all names are usual ones: they hold on to nothing that a client chose. */
const layoutsOfNames = new WeakMap<ReadonlyMap<string, string>, (Layout | undefined)[]>();

/** Those at each depth, for documents with these usual names. They are changed as objects of other names come. */
export function layoutsBefore(usualNames: ReadonlyMap<string, string>): (Layout | undefined)[] {
  let layouts = layoutsOfNames.get(usualNames);
  if (layouts === undefined) {
    layouts = [];
    layoutsOfNames.set(usualNames, layouts);
  }
  return layouts;
}

/** @param name of two characters or more, in ASCII */
export function writtenName(name: string): WrittenName {
  const bytes = Buffer.from(`"${name}"`, 'latin1');
  const starts = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, word) => Math.min(4 * word, bytes.length - 4));
  return { words: starts.map((start) => bytes.readInt32LE(start)), length: bytes.length };
}
