import { parseArgs, type ParseArgsConfig } from 'node:util';
import { RunError } from '../local/run/run-error';
import { LocalFactsError, UnknownFactError } from '../lib/facts';
import { AssemblyError } from '../lib/topology';
import { auditCommand } from './audit';
import { checkCommand } from './check';
import { chooseCommand } from './choose';
import { explainCommand } from './explain';
import { factsCommand } from './facts';
import { growthCommand } from './growth';
import { parkedCommand } from './parked';
import { quotasCommand } from './quotas';
import { runCommand } from './run';
import { spellOutRun } from './running-system';
import { sizeCommand } from './size';
import { type Command, UsageError } from './command';

const COMMANDS: readonly Command[] = [
  runCommand, sizeCommand, explainCommand, growthCommand, quotasCommand, chooseCommand, checkCommand, factsCommand, parkedCommand, auditCommand,
];

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) {
    process.stdout.write(overview());
    return name === undefined || ['help', '--help', '-h'].includes(name) ? 0 : 2;
  }
  const { values, positionals } = parseCommandLine(command, rest);
  if (values.help) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run({ values, positionals });
}

function parseCommandLine(command: Command, words: readonly string[]) {
  const options: ParseArgsConfig['options'] = { ...command.options, help: { type: 'boolean', short: 'h' } };
  try {
    return parseArgs({ args: 'run' in options ? spellOutRun(words) : [...words], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}.`, command.name);
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    'cht: what a synthesized stack is sized for, and what it does when it runs',
    '',
    ...COMMANDS.map(({ name, summary }) => `  cht ${name.padEnd(width)}  ${summary}`),
    '',
    'run, size, explain, growth, quotas, choose and check take the folder of a cloud assembly, else ./cdk.out, else synthesize the app of ./cdk.json',
    'to a temporary folder. facts needs none. parked and audit work on a system: the one that "cht run" keeps up (--run), or the one that the environment variables describe.',
    '"cht COMMAND --help" tells the options.',
    '',
  ].join('\n');
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    const isTheirs = error instanceof UsageError || error instanceof RunError || error instanceof AssemblyError
      || error instanceof LocalFactsError || error instanceof UnknownFactError;
    process.stderr.write(`cht: ${isTheirs ? error.message : (error.stack ?? error.message)}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
