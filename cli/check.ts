import { Acknowledgements } from '../lib/checks/acknowledgements';
import { check, type CheckReport } from '../lib/checks/check';
import { checkManifests, MANIFEST_RULES, type ManifestReport } from '../lib/checks/manifests';
import { RULES } from '../lib/checks/rules';
import { Facts } from '../lib/facts';
import { renderCheckJson, renderRulesJson } from '../lib/report/check-json';
import { renderCheckMarkdown } from '../lib/report/check-markdown';
import { renderCheckTable, renderRulesTable } from '../lib/report/check-table';
import { renderManifestJson, renderManifestTable } from '../lib/report/manifest-report';
import { renderRulesPage } from '../lib/report/rules-page';
import { Topology } from '../lib/topology';
import { assemblyManifests, checkStack } from './assembly-manifests';
import { SYNTHESIS_HELP, SYNTHESIS_OPTIONS, useAssembly } from './assembly';
import { type Command, type CommandInput, text, UsageError } from './command';
import { readManifests } from './manifest-files';
import { statedWorkload } from './workload-file';

/** `cht check` */
export const checkCommand: Command = {
  help: `cht check [ASSEMBLY]: runs all rules over a cloud assembly, of whatever app it is

${SYNTHESIS_HELP}
  --workload FILE        what the app must carry, as JSON: {"peak": 5000, "payload": {"meanBytes": 512}}; templates of this kit's constructs tell it themselves
  --manifests PATH       checks manifests of Kubernetes instead (those in an assembly are checked with it): a file, or all YAML files of a folder, which are deployed together
  --rules                lists the rules instead of running them
  --warnings-as-errors   warnings fail as well
  --json                 {"violations":[{"rule","severity","stack","constructPath","logicalId","type","property","message","what","why","fix","source"}],
                          "acknowledged","withoutReason","failures","unjudged","rulesRun",
                          "manifests":{STACK:{…}} where stacks apply some}
  --markdown             tables for a pull request; with --rules the page docs/rules.md

Ends with 1 when an error is found that nobody acknowledged, a rule failed, or an acknowledgement gives no reason.
A finding is acknowledged in the app: Validations.of(construct).acknowledge({ id: 'HighThroughput::HT-STREAM-003', reason: '…' });
in a manifest by an annotation: acknowledge.cdk-high-throughput.dev/HT-KUBERNETES-004: '…'.
Limits and quotas are those of a new account, or what facts.local.json states.
`,
  options: {
    ...SYNTHESIS_OPTIONS,
    'workload': { type: 'string' },
    'manifests': { type: 'string' },
    'rules': { type: 'boolean' },
    'warnings-as-errors': { type: 'boolean' },
    'json': { type: 'boolean' },
    'markdown': { type: 'boolean' },
  },
  async run(input) {
    if (input.values.json === true && input.values.markdown === true) {
      throw new UsageError('--json and --markdown exclude each other.', 'check');
    }
    if (input.values.rules === true) {
      process.stdout.write(rulesText(input));
      return 0;
    }
    const workload = statedWorkload(input);
    const manifests = text(input, 'manifests');
    if (manifests !== undefined) {
      const report = checkManifests({ objects: readManifests(manifests), workload, facts: Facts.local() });
      process.stdout.write(input.values.json === true ? renderManifestJson(report) : renderManifestTable(report, { width: width() }));
      return failsOn(report, input.values['warnings-as-errors'] === true) ? 1 : 0;
    }
    const assembly = await useAssembly(input);
    try {
      const topology = Topology.read(assembly.folder, { unresolved: 'stand-in' });
      const report = check(topology, { workload, facts: Facts.local(), acknowledgements: Acknowledgements.ofAssembly(topology, assembly.folder) });
      const manifests = assemblyManifests(assembly.folder)
        .map((stack) => ({ stackName: stack.stackName, report: checkStack(stack, workload) }));
      process.stdout.write(reportText(input, report, manifests));
      const warningsToo = input.values['warnings-as-errors'] === true;
      return fails(report, warningsToo) || manifests.some((stack) => failsOn(stack.report, warningsToo)) ? 1 : 0;
    } finally {
      assembly.dispose();
    }
  },
};

function fails(report: CheckReport, warningsToo: boolean): boolean {
  return report.violations.some(({ rule }) => warningsToo || rule.severity === 'error') || report.failures.length > 0 || report.withoutReason.length > 0;
}

function failsOn({ violations }: ManifestReport, warningsToo: boolean): boolean {
  return violations.some(({ rule }) => warningsToo || rule.severity === 'error');
}

function rulesText(input: CommandInput): string {
  const rules = [...RULES, ...MANIFEST_RULES];
  return input.values.json === true ? renderRulesJson(rules)
    : input.values.markdown === true ? renderRulesPage(rules)
    : renderRulesTable(rules, { width: width() });
}

/** What one stack applies to clusters, and what the rules found in it. */
interface StackReport {
  readonly stackName: string;
  readonly report: ManifestReport;
}

/** What stacks apply to clusters is told behind what they are. */
function reportText(input: CommandInput, report: CheckReport, manifests: readonly StackReport[]): string {
  if (input.values.json === true) {
    const applied = Object.fromEntries(manifests.map((stack) => [stack.stackName, JSON.parse(renderManifestJson(stack.report)) as object]));
    return manifests.length === 0 ? renderCheckJson(report) : `${JSON.stringify({ ...JSON.parse(renderCheckJson(report)) as object, manifests: applied })}\n`;
  }
  const tables = manifests.map((stack) => `\nManifests of ${stack.stackName}\n\n${renderManifestTable(stack.report, { width: width() })}`);
  return input.values.markdown === true
    ? [renderCheckMarkdown(report), ...tables.map((table) => `\n\`\`\`\n${table.trim()}\n\`\`\`\n`)].join('')
    : [renderCheckTable(report, { width: width() }), ...tables].join('');
}

function width(): number {
  return process.stdout.columns ?? 120;
}
