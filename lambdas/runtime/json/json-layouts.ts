/** Names of an object: plain ASCII, none twice. */
export interface Layout {
  readonly names: readonly string[];
  /** The same as they are mostly written, each with the quote and the colon after it; made when an object comes that may be alike. */
  written: readonly Uint8Array[] | undefined;
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

/** A name as it is mostly written, with the quote and the colon after it. */
export function writtenName(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(`${name}":`, 'latin1'));
}
