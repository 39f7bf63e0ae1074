import * as fs from 'node:fs';
import * as path from 'node:path';
import type { FactOverrides, FactValue } from './fact';

/** Name of the file in a project's folder that states values of its own. */
export const LOCAL_FACTS_FILE = 'facts.local.json';

/** Thrown for a `facts.local.json` that cannot be used; the message names the file and what is wrong in it. */
export class LocalFactsError extends Error {
  constructor(readonly file: string, problem: string) {
    super(`${file}: ${problem}`);
    this.name = 'LocalFactsError';
  }
}

/**
 * The values that the `facts.local.json` of a folder states; none where there is no such file.
 *
 * @throws LocalFactsError for a file that is no JSON object of values
 */
export function readLocalFacts(file: string): FactOverrides {
  const text = textOf(file);
  if (text === undefined) {
    return {};
  }
  const content = parse(file, text);
  if (!isObject(content)) {
    throw new LocalFactsError(file, 'must be a JSON object such as { "kinesis/shardQuota.account": 5000 }');
  }
  for (const [id, entry] of Object.entries(content)) {
    requireEntry(file, id, entry);
  }
  return content as FactOverrides;
}

export function localFactsFile(folder: string): string {
  return path.join(folder, LOCAL_FACTS_FILE);
}

function textOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new LocalFactsError(file, `cannot be read: ${(error as Error).message}`);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LocalFactsError(file, `is no JSON: ${(error as Error).message}`);
  }
}

function requireEntry(file: string, id: string, entry: unknown): void {
  if (isFactValue(entry)) {
    return;
  }
  if (!isObject(entry) || !isFactValue(entry.value)) {
    throw new LocalFactsError(file, `'${id}' must be a value or { "value": …, "note": … }, got: ${JSON.stringify(entry)}`);
  }
  const unknown = Object.keys(entry).find((key) => key !== 'value' && key !== 'note');
  if (unknown !== undefined) {
    throw new LocalFactsError(file, `'${id}' may have "value" and "note", got: "${unknown}"`);
  }
  if (entry.note !== undefined && typeof entry.note !== 'string') {
    throw new LocalFactsError(file, `the note of '${id}' must be a text, got: ${JSON.stringify(entry.note)}`);
  }
}

function isFactValue(value: unknown): value is FactValue {
  return ['number', 'string', 'boolean'].includes(typeof value);
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
