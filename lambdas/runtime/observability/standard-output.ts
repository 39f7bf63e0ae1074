/**
 * Writes a line to standard output as it is. AWS Lambda's `console` puts a time and a request id in front of it, which
 * would no longer be JSON.
 */
export function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
