import { renderPlanJson, renderPlanMarkdown, renderPlanTable } from '../lib/report';
import { SYNTHESIS_HELP, SYNTHESIS_OPTIONS, useAssembly } from './assembly';
import { type Command, UsageError } from './command';
import { readPlan } from './plan';

/** `cht size` */
export const sizeCommand: Command = {
  help: `cht size [ASSEMBLY]: prints every size that was derived from the Workload

${SYNTHESIS_HELP}
  --json               {"decisions":[{"path","name","value","unit","formula","inputs","binding","rejected","headroom","quota","facts"}]}
  --markdown           tables for a pull request

"cht explain PATH" tells how one of them came about.
`,
  options: { ...SYNTHESIS_OPTIONS, json: { type: 'boolean' }, markdown: { type: 'boolean' } },
  async run(input) {
    if (input.values.json === true && input.values.markdown === true) {
      throw new UsageError('--json and --markdown exclude each other.', 'size');
    }
    const assembly = await useAssembly(input);
    try {
      const plan = readPlan(assembly.folder);
      const render = input.values.json === true ? renderPlanJson : input.values.markdown === true ? renderPlanMarkdown : renderTable;
      process.stdout.write(render(plan));
      return 0;
    } finally {
      assembly.dispose();
    }
  },
};

function renderTable(plan: Parameters<typeof renderPlanTable>[0]): string {
  return renderPlanTable(plan, { width: process.stdout.columns ?? 120 });
}
