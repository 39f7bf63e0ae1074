/** Cuts a text at a number of characters and marks the cut. */
export function truncate(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1)).trimEnd()}…`;
}

/**
 * Breaks a text into lines of at most a number of characters, between words. Spaces at its beginning are kept; lines after the first are indented
 * by two more.
 */
export function wrap(text: string, width: number): string[] {
  const [first = '', ...words] = text.trimStart().split(' ');
  const start = ' '.repeat(text.length - text.trimStart().length);
  const lines: string[] = [];
  let line = start + first;
  for (const word of words) {
    if (line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${start}  ${word}`;
    } else {
      line += ` ${word}`;
    }
  }
  return [...lines, line];
}

/** Pads the columns of rows to equal width; the last column stays as it is. Columns that `right` names are set to the right. */
export function alignColumns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row
    .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]) : column === columns - 1 ? cell : cell.padEnd(widths[column])))
    .join('  ')
    .trimEnd());
}
