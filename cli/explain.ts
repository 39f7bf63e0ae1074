import { explainDecision } from '../lib/report';
import { AssemblyError } from '../lib/topology';
import { useAssembly } from './assembly';
import { type Command, text, UsageError } from './command';
import { readPlan } from './plan';

/** `cht explain` */
export const explainCommand: Command = {
  name: 'explain',
  summary: 'how one size came about: calculation, binding constraint, rejected options, facts',
  help: `cht explain PATH [ASSEMBLY]: explains the decisions that PATH names

PATH is a decision ("…/Stream/shards"), the path of a construct, the end of one, or a name ("shards"), as "cht size" prints them.

  --environment NAME   synthesizes this environment of the app instead of taking an assembly
  --json               the decisions as JSON
`,
  options: { environment: { type: 'string' }, json: { type: 'boolean' } },
  async run(input) {
    const [path, folder] = input.positionals;
    if (path === undefined) {
      throw new UsageError('Say what to explain: the path or the name of a decision.', 'explain');
    }
    const assembly = await useAssembly(folder, text(input, 'environment'));
    try {
      const plan = readPlan(assembly.folder);
      const found = plan.search(path);
      if (found.length === 0) {
        throw new AssemblyError(`No decision is called ${path}. There are: ${plan.decisions.map((it) => `${it.path}/${it.name}`).join(', ')}.`);
      }
      process.stdout.write(
        input.values.json === true
          ? `${JSON.stringify({ decisions: found }, undefined, 2)}\n`
          : found.map((decision) => explainDecision(decision, { width: process.stdout.columns ?? 100 })).join('\n'),
      );
      return 0;
    } finally {
      assembly.dispose();
    }
  },
};
