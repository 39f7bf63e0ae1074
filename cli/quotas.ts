import { Facts } from '../lib/facts';
import { renderQuotaScript } from '../lib/report/quota-script';
import { renderQuotaMarkdown, renderQuotaTable } from '../lib/report/quota-table';
import { quotaPlan, type QuotaPlan } from '../lib/sizing/quota-plan';
import { SYNTHESIS_HELP, SYNTHESIS_OPTIONS, useAssembly } from './assembly';
import { type Command, text, UsageError } from './command';
import { readPlansByRegion } from './plans-by-region';

const FORMATS = ['json', 'markdown', 'script'] as const;

/** `cht quotas` */
export const quotasCommand: Command = {
  help: `cht quotas [ASSEMBLY]: compares what every size uses with what AWS gives an account, region by region

${SYNTHESIS_HELP}
  --region REGION      region of stacks that leave theirs open; us-east-1 unless stated
  --json               [{"region","raises":[{"id","serviceCode","quotaCode","scope","now","used","needed","drivers"}],"exceeded","near"}]
  --markdown           tables for a pull request
  --script             a shell script that asks AWS for the raises: cht quotas --script > raise.sh

Values are those of a new account, or what facts.local.json states: {"lambda/concurrency.accountDefault": 5000}.
Ends with 1 when a hard limit is exceeded.
`,
  options: {
    ...SYNTHESIS_OPTIONS, region: { type: 'string' }, json: { type: 'boolean' }, markdown: { type: 'boolean' }, script: { type: 'boolean' },
  },
  async run(input) {
    const formats = FORMATS.filter((it) => input.values[it] === true);
    if (formats.length > 1) {
      throw new UsageError(`${formats.map((it) => `--${it}`).join(' and ')} exclude each other.`, 'quotas');
    }
    const assembly = await useAssembly(input);
    try {
      const plans = readPlansByRegion(assembly.folder, text(input, 'region'))
        .map(({ region, decisions }) => quotaPlan(decisions, Facts.local(process.cwd(), region)));
      process.stdout.write(render(plans, formats[0]));
      return plans.some((it) => it.exceeded.length > 0) ? 1 : 0;
    } finally {
      assembly.dispose();
    }
  },
};

function render(plans: readonly QuotaPlan[], format: typeof FORMATS[number] | undefined): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(plans.map(publish), undefined, 2)}\n`;
    case 'markdown':
      return plans.map(renderQuotaMarkdown).join('\n');
    case 'script':
      return renderQuotaScript(plans);
    default:
      return plans.map((it) => renderQuotaTable(it, { width: process.stdout.columns ?? 120 })).join('\n');
  }
}

/** Of a broken limit path, name and sentence are published; `cht size --json` has the whole decision. */
function publish(plan: QuotaPlan): object {
  return { ...plan, exceeded: plan.exceeded.map(({ decision, sentence }) => ({ path: decision.path, name: decision.name, sentence })) };
}
