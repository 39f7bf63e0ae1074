import { parseArgs, type ParseArgsConfig } from 'node:util';
import { RunError } from '../local/run/run-error';
import { LocalFactsError, UnknownFactError } from '../lib/facts';
import { AssemblyError } from '../lib/topology';
import { type Command, UsageError } from './command';
import { spellOutRun } from './running-system';

/** A command in the overview. Its module is loaded when it is called: nobody waits for the others. */
interface Entry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

const COMMANDS: readonly Entry[] = [
  {
    name: 'run',
    summary: 'runs the assembly on this machine, puts a load on it, and judges what became of every payment',
    load: async () => (await import('./run.js')).runCommand,
  },
  {
    name: 'size',
    summary: 'the size of everything in the assembly, and what holds it there',
    load: async () => (await import('./size.js')).sizeCommand,
  },
  {
    name: 'explain',
    summary: 'how one size came about; how long a payment takes; what a disaster costs',
    load: async () => (await import('./explain.js')).explainCommand,
  },
  { name: 'growth', summary: 'when each size and each quota is outgrown', load: async () => (await import('./growth.js')).growthCommand },
  {
    name: 'quotas',
    summary: 'the quotas to raise before a deployment, and a script that asks for them',
    load: async () => (await import('./quotas.js')).quotasCommand,
  },
  {
    name: 'choose',
    summary: 'for each part of the system the options, the pick for this workload, and why the others lose',
    load: async () => (await import('./choose.js')).chooseCommand,
  },
  {
    name: 'check',
    summary: 'what in an assembly will not hold: pitfalls, sizes, quotas, alarms that watch nothing',
    load: async () => (await import('./check.js')).checkCommand,
  },
  {
    name: 'manifests',
    summary: 'what stacks apply to EKS clusters, as plain YAML for GitOps',
    load: async () => (await import('./manifests.js')).manifestsCommand,
  },
  {
    name: 'cost',
    summary: 'what a month of an assembly costs, line by line, and what a change of it costs',
    load: async () => (await import('./cost.js')).costCommand,
  },
  {
    name: 'prices',
    summary: 'our prices beside those of AWS\'s public price lists; takes over what changed',
    load: async () => (await import('./prices.js')).pricesCommand,
  },
  {
    name: 'facts',
    summary: 'the dated limits, quotas, prices and latencies that sizes rest on',
    load: async () => (await import('./facts.js')).factsCommand,
  },
  {
    name: 'parked',
    summary: 'payments that could not take effect: look at them, try them again, or discard them',
    load: async () => (await import('./parked.js')).parkedCommand,
  },
  {
    name: 'directory',
    summary: 'over how many buckets merchants\' rows are spread; gives a hot merchant more while payments go on',
    load: async () => (await import('./directory.js')).directoryCommand,
  },
  {
    name: 'flink',
    summary: 'the archive of a Flink application, with its connector by checksum',
    load: async () => (await import('./flink.js')).flinkCommand,
  },
  {
    name: 'audit',
    summary: 'the audit trail of the ledger: verify it, find changes in it, rebuild the balances from it',
    load: async () => (await import('./audit.js')).auditCommand,
  },
];

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (!entry) {
    process.stdout.write(overview());
    return name === undefined || ['help', '--help', '-h'].includes(name) ? 0 : 2;
  }
  const command = await entry.load();
  const { values, positionals } = parseCommandLine(entry.name, command, rest);
  if (values.help) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run({ values, positionals });
}

function parseCommandLine(name: string, command: Command, words: readonly string[]) {
  const options: ParseArgsConfig['options'] = { ...command.options, help: { type: 'boolean', short: 'h' } };
  try {
    return parseArgs({ args: 'run' in options ? spellOutRun(words) : [...words], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}.`, name);
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    'cht: what a synthesized stack is sized for, and what it does when it runs',
    '',
    ...COMMANDS.map(({ name, summary }) => `  cht ${name.padEnd(width)}  ${summary}`),
    '',
    'run, size, explain, growth, quotas, choose, check, manifests and cost take the folder of a cloud assembly, else ./cdk.out, else synthesize the app of ./cdk.json',
    'to a temporary folder. facts, prices and flink need none. parked, directory and audit work on a system: the one that "cht run" keeps up (--run), or the one that the environment variables describe.',
    '"cht COMMAND --help" tells the options.',
    '',
  ].join('\n');
}

/** Ends the process once a pipe has taken all of the output: at once it would be cut off where the pipe is full. */
function leave(code: number): void {
  process.stdout.write('', () => process.exit(code));
}

main(process.argv.slice(2)).then(
  (code) => leave(code),
  (error: Error) => {
    const isTheirs = error instanceof UsageError || error instanceof RunError || error instanceof AssemblyError
      || error instanceof LocalFactsError || error instanceof UnknownFactError;
    process.stderr.write(`cht: ${isTheirs ? error.message : (error.stack ?? error.message)}\n`);
    leave(error instanceof UsageError ? 2 : 1);
  },
);
