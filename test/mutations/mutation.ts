import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../house/source-files';

/** One line broken on purpose, and the test that has to notice. */
export interface Mutation {
  readonly pattern: string;
  /** The file that is broken, from the root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The test file that fails then, from the root. */
  readonly test: string;
}

/** Mutations of each pattern. */
export const FEWEST_OF_A_PATTERN = 3;

const MEMBERS = ['pattern', 'file', 'find', 'replace', 'test'] as const;

/** The mutations of the lists in this folder whose names contain a text, in their order. */
export function readMutations(list = ''): Mutation[] {
  const lists = fs.readdirSync(__dirname).filter((file) => file.endsWith('.json') && file.includes(list)).sort();
  return lists.flatMap((list) => JSON.parse(fs.readFileSync(path.join(__dirname, list), 'utf8')) as Mutation[]);
}

/** What is wrong with a mutation as the tree is now; undefined when nothing is. */
export function faultOf(mutation: Mutation): string | undefined {
  const odd = MEMBERS.find((member) => typeof mutation[member] !== 'string');
  if (odd !== undefined) {
    return `\`${odd}\` must be text`;
  }
  const missing = [mutation.file, mutation.test].find((file) => !fs.existsSync(path.join(root, file)));
  if (missing !== undefined) {
    return `there is no ${missing}`;
  }
  if (mutation.find === mutation.replace) {
    return 'it changes nothing';
  }
  const times = fs.readFileSync(path.join(root, mutation.file), 'utf8').split(mutation.find).length - 1;
  return times === 1 ? undefined : `\`find\` must stand once in ${mutation.file}, stands ${times} times: ${mutation.find}`;
}
