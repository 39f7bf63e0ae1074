import { renderGrowthTable } from '../lib/report/growth-table';
import { dayNumber, GrowthModel } from '../lib/workload';
import { growingParts } from '../lib/sizing/growing-parts';
import { forecastGrowth } from '../lib/sizing/outgrown';
import { PlanMetadata, readPlanMetadata } from '../lib/sizing/plan-metadata';
import { AssemblyError, Topology } from '../lib/topology';
import { SYNTHESIS_HELP, SYNTHESIS_OPTIONS, useAssembly } from './assembly';
import { type Command, type CommandInput, number, text, UsageError } from './command';

const MOST_PER_YEAR = 10;

/** `cht growth` */
export const growthCommand: Command = {
  help: `cht growth [ASSEMBLY]: the day on which each size and each quota no longer suffices when all stays as it is

  --per-year SHARE     growth in a year, e.g. 0.4 for 40 %, compound; default is the "growth" of the Workload
  --from DAY           day on which the stated rates hold, e.g. 2026-11-01; default is that of the Workload, else today
  --until DAY          last day to look at; default is ten years later
${SYNTHESIS_HELP}
  --json               {"from","until","growth","days","sizes","outgrown","quotas","stop","bottleneck"}

A size is outgrown on the first day for which more would be planned: its headroom is no longer what it should be. It is used up when the peak
needs all of it. "ask by" leaves AWS the time that it takes for a raise.
`,
  options: {
    'per-year': { type: 'string' }, 'from': { type: 'string' }, 'until': { type: 'string' }, ...SYNTHESIS_OPTIONS, 'json': { type: 'boolean' },
  },
  async run(input) {
    const until = day(input, 'until');
    const assembly = await useAssembly(input);
    try {
      const plan = readPlanMetadata(Topology.read(assembly.folder).stacks.map(({ metadata }) => metadata));
      const growth = growthOf(plan, input, assembly.folder);
      if (until !== undefined && until <= growth.from) {
        throw new UsageError(`--until must be after ${growth.from}, the day on which the stated rates hold, got: ${until}.`, 'growth');
      }
      const forecast = forecastGrowth(growingParts(plan, growth), { growth, until });
      process.stdout.write(input.values.json === true
        ? `${JSON.stringify(forecast, undefined, 2)}\n`
        : renderGrowthTable(forecast, { width: process.stdout.columns ?? 120 }));
      return 0;
    } finally {
      assembly.dispose();
    }
  },
};

function growthOf({ workloads }: PlanMetadata, input: CommandInput, folder: string): GrowthModel {
  if (workloads.length === 0) {
    throw new AssemblyError(`${folder} carries no workload: none of its stacks was synthesized with the constructs of this version of cdk-high-throughput.`);
  }
  const perYear = number(input, 'growth', 'per-year', 0, MOST_PER_YEAR);
  const stated = workloads.map(({ workload }) => workload.growth).find((it) => it !== undefined);
  const from = day(input, 'from') ?? stated?.from ?? new Date().toISOString().slice(0, 10);
  if (perYear !== undefined) {
    return GrowthModel.compound({ perYear, from });
  }
  if (stated === undefined) {
    throw new UsageError('The workload states no `growth`: state it there, or --per-year.', 'growth');
  }
  return stated.kind === 'compound' ? GrowthModel.compound({ perYear: stated.perYear, from }) : GrowthModel.linear({ perYear: stated.perYear, from });
}

/** The option as a day, checked before an app is synthesized for it. */
function day(input: CommandInput, option: 'from' | 'until'): string | undefined {
  const value = text(input, option);
  if (value !== undefined) {
    try {
      dayNumber(`--${option}`, value);
    } catch (error) {
      throw new UsageError(`${(error as Error).message.replace(/`/g, '')}.`, 'growth');
    }
  }
  return value;
}
