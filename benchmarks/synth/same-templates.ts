import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Holds the templates of two assemblies against each other: a floor that makes less than the reference would be none. Order does not count, neither
 * of resources and properties nor of what a resource depends on.
 *
 * @throws Error that names the first place where they differ
 */
export function requireSameTemplates(expected: string, actual: string): void {
  const [left, right] = [expected, actual].map((folder) => fs.readdirSync(folder).filter((it) => it.endsWith('.template.json')).sort());
  requireSame('templates', left, right);
  for (const file of left) {
    requireSame(file, read(path.join(expected, file)), read(path.join(actual, file)));
  }
}

function read(file: string): unknown {
  return JSON.parse(fs.readFileSync(file, 'utf8'), (key, value: unknown) => (key === 'DependsOn' && Array.isArray(value) ? value.sort() : value));
}

function requireSame(place: string, expected: unknown, actual: unknown): void {
  if (typeof expected === 'object' && expected !== null && typeof actual === 'object' && actual !== null) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      requireSame(`${place}/${key}`, (expected as { [key: string]: unknown })[key], (actual as { [key: string]: unknown })[key]);
    }
  } else if (expected !== actual) {
    throw new Error(`the floor must make what the reference makes; \`${place}\` must be ${JSON.stringify(expected)}, got: ${JSON.stringify(actual)}`);
  }
}
