import { renderPlanJson, renderPlanMarkdown, renderPlanTable } from '../lib/report';
import { useAssembly } from './assembly';
import { type Command, text, UsageError } from './command';
import { readPlan } from './plan';

/** `cht size` */
export const sizeCommand: Command = {
  name: 'size',
  summary: 'the size of everything in the assembly, and what holds it there',
  help: `cht size [ASSEMBLY]: prints every size that was derived from the Workload

  --environment NAME   synthesizes this environment of the app instead of taking an assembly
  --json               {"decisions":[{"path","name","value","unit","formula","inputs","binding","rejected","headroom","quota","facts"}]}
  --markdown           tables for a pull request

"cht explain PATH" tells how one of them came about.
`,
  options: { environment: { type: 'string' }, json: { type: 'boolean' }, markdown: { type: 'boolean' } },
  async run(input) {
    if (input.values.json === true && input.values.markdown === true) {
      throw new UsageError('--json and --markdown exclude each other.', 'size');
    }
    const assembly = await useAssembly(input.positionals[0], text(input, 'environment'));
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
