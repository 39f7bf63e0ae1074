/**
 * A list as PostgreSQL reads an array of it (https://www.postgresql.org/docs/current/arrays.html, Array Input and Output Syntax). The client writes one
 * too, for whatever an element may be; with a dozen lists of hundreds of elements in each call, that was a tenth of a worker's time.
 */
export function arrayLiteral(elements: readonly (string | number | null)[]): string {
  let text = '{';
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index];
    text += index === 0 ? '' : ',';
    if (element === null) {
      text += 'NULL';
    } else if (typeof element === 'number') {
      text += element;
    } else {
      text += `"${SPECIAL.test(element) ? element.replaceAll(EACH_SPECIAL, '\\$&') : element}"`;
    }
  }
  return `${text}}`;
}

/** What must be escaped between quotes. */
const SPECIAL = /["\\]/;
const EACH_SPECIAL = /["\\]/g;
