import { JsonPath } from './json-value';

/** The JSON pointer (RFC 6901) of a path: '' is the whole document, `/payments/3/amount` a member of an item. */
export function jsonPointer(path: JsonPath): string {
  let pointer = '';
  for (const step of path) {
    pointer += '/' + String(step).replaceAll('~', '~0').replaceAll('/', '~1');
  }
  return pointer;
}
