import { renderChoiceMarkdown } from '../lib/report/choice-markdown';
import { renderChoiceTable } from '../lib/report/choice-table';
import { Facts } from '../lib/facts';
import { chooseTechnologies, type Seat, SEATS } from '../lib/sizing/choice';
import { readPlanMetadata } from '../lib/sizing/plan-metadata';
import { Topology } from '../lib/topology';
import type { Workload } from '../lib/workload';
import { synthesisAsked, SYNTHESIS_HELP, SYNTHESIS_OPTIONS, useAssembly } from './assembly';
import { type Command, type CommandInput, text, UsageError } from './command';
import { statedWorkload, wholeWorkload } from './workload-file';

/** `cht choose` */
export const chooseCommand: Command = {
  help: `cht choose [ASSEMBLY]: chooses a technology for each part of the system

  --workload FILE      a Workload as JSON, in the place of that of an assembly; {"peak": 5000} is enough
${SYNTHESIS_HELP}
  --seat NAME          one part alone: ${SEATS.join(', ')}
  --json               {"workload","seats":[{"seat","pick","candidates","flips","tried","profiles"}]}
  --markdown           a page

The pick is the cheapest option, at list price and the average rate, that has no hard reason against it. The stated numbers of the Workload are
taken; bands are not. A facts.local.json in this folder states facts of your own.
`,
  options: {
    workload: { type: 'string' }, ...SYNTHESIS_OPTIONS, seat: { type: 'string' }, json: { type: 'boolean' }, markdown: { type: 'boolean' },
  },
  async run(input) {
    if (input.values.json === true && input.values.markdown === true) {
      throw new UsageError('--json and --markdown exclude each other.', 'choose');
    }
    const seats = seatsOf(input);
    const workload = await workloadOf(input);
    const choices = chooseTechnologies(workload, Facts.local(), seats);
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

async function workloadOf(input: CommandInput): Promise<Workload> {
  const stated = statedWorkload(input);
  if (stated !== undefined) {
    if (input.positionals.length > 0 || Object.keys(synthesisAsked(input)).length > 0) {
      throw new UsageError('--workload takes the place of an assembly, of --environment and of --phase.', 'choose');
    }
    return stated;
  }
  const assembly = await useAssembly(input);
  try {
    return wholeWorkload(readPlanMetadata(Topology.read(assembly.folder).stacks.map(({ metadata }) => metadata)).workloads, assembly.folder);
  } finally {
    assembly.dispose();
  }
}
