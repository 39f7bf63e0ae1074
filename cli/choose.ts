import * as fs from 'node:fs';
import { renderChoiceMarkdown } from '../lib/report/choice-markdown';
import { renderChoiceTable } from '../lib/report/choice-table';
import { Facts, LocalFactsError } from '../lib/facts';
import { chooseTechnologies, type Seat, SEATS } from '../lib/sizing/choice';
import { readPlanMetadata } from '../lib/sizing/plan-metadata';
import { AssemblyError, Topology } from '../lib/topology';
import { Workload } from '../lib/workload';
import { useAssembly } from './assembly';
import { type Command, type CommandInput, text, UsageError } from './command';

/** `cht choose` */
export const chooseCommand: Command = {
  name: 'choose',
  summary: 'for each part of the system the options, the pick for this workload, and why the others lose',
  help: `cht choose [ASSEMBLY]: chooses a technology for each part of the system

  --workload FILE      a Workload as JSON, in the place of that of an assembly; {"peak": 5000} is enough
  --environment NAME   synthesizes this environment of the app instead of taking an assembly
  --seat NAME          one part alone: ${SEATS.join(', ')}
  --json               {"workload","seats":[{"seat","pick","candidates","flips","tried","profiles"}]}
  --markdown           a page

The pick is the cheapest option, at list price and the average rate, that has no hard reason against it. The stated numbers of the Workload are
taken; bands are not. A facts.local.json in this folder states facts of your own.
`,
  options: {
    workload: { type: 'string' }, environment: { type: 'string' }, seat: { type: 'string' }, json: { type: 'boolean' }, markdown: { type: 'boolean' },
  },
  async run(input) {
    if (input.values.json === true && input.values.markdown === true) {
      throw new UsageError('--json and --markdown exclude each other.', 'choose');
    }
    const seats = seatsOf(input);
    const workload = await workloadOf(input);
    const choices = chooseTechnologies(workload, readFacts(), seats);
    process.stdout.write(input.values.json === true
      ? `${JSON.stringify({ workload: workload.toJSON(), seats: choices }, undefined, 2)}\n`
      : input.values.markdown === true ? renderChoiceMarkdown(workload, choices)
      : renderChoiceTable(workload, choices, { width: process.stdout.columns ?? 120 }));
    return 0;
  },
};

function seatsOf(input: CommandInput): readonly Seat[] {
  const name = text(input, 'seat');
  if (name === undefined) {
    return SEATS;
  }
  const seat = SEATS.find((it) => it.toLowerCase() === name.toLowerCase());
  if (seat === undefined) {
    throw new UsageError(`--seat must be one of ${SEATS.join(', ')}, got: ${name}.`, 'choose');
  }
  return [seat];
}

/** The shipped facts with those of `facts.local.json`, as `cht facts` shows them. */
function readFacts(): Facts {
  try {
    return Facts.local(process.cwd());
  } catch (error) {
    throw error instanceof LocalFactsError ? new AssemblyError(error.message) : error;
  }
}

async function workloadOf(input: CommandInput): Promise<Workload> {
  const file = text(input, 'workload');
  if (file !== undefined) {
    if (input.positionals.length > 0 || text(input, 'environment') !== undefined) {
      throw new UsageError('--workload takes the place of an assembly and of --environment.', 'choose');
    }
    return readWorkload(file);
  }
  const assembly = await useAssembly(input.positionals[0], text(input, 'environment'));
  try {
    return wholeWorkload(assembly.folder);
  } finally {
    assembly.dispose();
  }
}

function readWorkload(file: string): Workload {
  try {
    return Workload.fromJSON(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (error) {
    throw new UsageError(`${file} holds no workload: ${(error as Error).message}.`, 'choose');
  }
}

/** Parts of a cell carry its share; what all cells have in common carries the whole. */
function wholeWorkload(folder: string): Workload {
  const { workloads } = readPlanMetadata(Topology.read(folder).stacks.map(({ metadata }) => metadata));
  if (workloads.length === 0) {
    throw new AssemblyError(`${folder} carries no workload: none of its stacks uses the constructs of cdk-high-throughput. State one with --workload FILE.`);
  }
  return workloads.map((it) => it.workload)
    .reduce((whole, it) => (it.cells > whole.cells || it.cells === whole.cells && it.peak.perSecond > whole.peak.perSecond ? it : whole));
}
