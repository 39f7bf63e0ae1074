/** HTML that is safe to put into HTML. */
export class Html {
  constructor(readonly text: string) {}
}

const ENTITIES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

type Part = Html | string | number | readonly Html[];

/** A template of HTML: what is put into it is escaped, unless it is HTML already. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + textOf(parts[index - 1]) + string));
}

/** A text as it is, such as a style sheet. */
export function raw(text: string): Html {
  return new Html(text);
}

function textOf(part: Part): string {
  if (part instanceof Html) {
    return part.text;
  }
  return typeof part === 'object' ? part.map(({ text }) => text).join('') : String(part).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
