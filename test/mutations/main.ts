import { parseArgs } from 'node:util';
import { faultOf, type Mutation, readMutations } from './mutation';
import { type Outcome, Workspace } from './workspace';

/**
 * Breaks the core lines of the runtime's patterns, one at a time, in copies of the tree, and expects the test of each to fail. Run by
 * `node --import tsx test/mutations/main.ts`.
 */

const HELP = `node --import tsx test/mutations/main.ts [--list TEXT] [--pattern TEXT] [--workers N]

  --list TEXT     the lists (test/mutations/*.json) whose name contains it alone
  --pattern TEXT  the patterns whose name contains it alone
  --workers N     how many tests run at once (default 2)
  --help          this text

Exit code 0: every test passes as the tree is, and fails with each of its lines broken.
`;

interface Result {
  readonly mutation: Mutation;
  readonly outcome: Outcome;
  readonly seconds: number;
}

const SAID: Readonly<Record<Outcome, string>> = { passed: 'SURVIVED', failed: 'caught', hung: 'caught (hung)', broken: 'BROKEN' };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { list: { type: 'string' }, pattern: { type: 'string' }, workers: { type: 'string', default: '2' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const mutations = readMutations(values.list).filter(({ pattern }) => pattern.includes(values.pattern ?? ''));
  const faults = mutations.flatMap((mutation) => faultOf(mutation) ?? []);
  if (mutations.length === 0 || faults.length > 0) {
    process.stderr.write(`${faults.join('\n') || 'there is no such pattern'}\n`);
    return 1;
  }
  const workers = Math.max(1, Math.min(Number(values.workers) || 1, mutations.length));
  const workspaces = Array.from({ length: workers }, () => new Workspace());
  const close = (): void => workspaces.forEach((workspace) => workspace.close());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      close();
      process.exit(1);
    });
  }
  try {
    const tests = [...new Set(mutations.map(({ test }) => test))];
    const before = await Promise.all(workspaces.map((workspace, index) => {
      const own = tests.filter((_, position) => position % workers === index);
      return own.length === 0 ? 'passed' : workspace.run(own);
    }));
    if (before.some((outcome) => outcome !== 'passed')) {
      process.stderr.write('tests fail as the tree is: nothing can be told from their failing with a broken line\n');
      return 1;
    }
    return report(await runAll(workspaces, mutations));
  } finally {
    close();
  }
}

/** Runs the mutations, each where a copy is free. */
async function runAll(workspaces: readonly Workspace[], mutations: readonly Mutation[]): Promise<Result[]> {
  const results: Result[] = new Array<Result>(mutations.length);
  let next = 0;
  await Promise.all(workspaces.map(async (workspace) => {
    while (next < mutations.length) {
      const index = next++;
      const mutation = mutations[index];
      const begin = Date.now();
      const outcome = await workspace.runMutated(mutation);
      results[index] = { mutation, outcome, seconds: (Date.now() - begin) / 1_000 };
    }
  }));
  return results;
}

function report(results: readonly Result[]): number {
  const width = Math.max(...results.map(({ mutation }) => mutation.pattern.length));
  for (const { mutation, outcome, seconds } of results) {
    const line = mutation.replace.trim().split('\n')[0];
    process.stdout.write(`${mutation.pattern.padEnd(width)}  ${SAID[outcome].padEnd(13)}  ${seconds.toFixed(1).padStart(5)} s  ${line.slice(0, 90)}\n`);
  }
  const caught = results.filter(({ outcome }) => outcome === 'failed' || outcome === 'hung').length;
  const patterns = new Set(results.map(({ mutation }) => mutation.pattern)).size;
  process.stdout.write(`\n${patterns} patterns, ${results.length} mutations: ${caught} caught, ${results.length - caught} survived or broken\n`);
  return caught === results.length ? 0 : 1;
}

main().then((code) => { process.exitCode = code; }, (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
  process.exitCode = 1;
});
