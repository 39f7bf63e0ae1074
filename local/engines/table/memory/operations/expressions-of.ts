import { ExpressionReader } from '../expressions/expression-reader';
import { Placeholders } from '../expressions/placeholders';
import { type Json, optionalText } from '../request';

/**
 * Reads the expressions of a request.
 *
 * @param parsers what reads each expression that the request may have, by the name of its member
 * @returns what was read, for the members that are there
 * @throws EngineError when one is not well formed, or a placeholder is left over
 */
export function expressionsOf<Parsers extends Readonly<Record<string, (reader: ExpressionReader) => unknown>>>(
  input: Json,
  parsers: Parsers,
): { readonly [Name in keyof Parsers]?: ReturnType<Parsers[Name]> } {
  const placeholders = new Placeholders(input);
  const read: Record<string, unknown> = {};
  for (const name of Object.keys(parsers)) {
    const text = optionalText(input, name);
    if (text !== undefined) {
      read[name] = parsers[name](new ExpressionReader(text, name, placeholders));
    }
  }
  placeholders.refuseUnused();
  return read as { [Name in keyof Parsers]?: ReturnType<Parsers[Name]> };
}
