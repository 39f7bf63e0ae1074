import * as fs from 'node:fs';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { PlantedAssembly, readPlanted } from './planted-assembly';
import { Parts } from './planted/parts';
import type { Planted } from './planted/planted';

/** What a validator says of a template: rule and message. */
interface Finding {
  readonly ruleName: string;
  readonly description: string;
  readonly severity?: string;
  readonly paths: readonly string[];
}

/** All the parts that planted templates are made of. */
const parts: Planted = {
  id: 'PARTS',
  plant: (stack) => {
    const all = new Parts(stack);
    const { stream } = all.streamWorker();
    all.consumer('Consumer', stream);
    all.tableWorker();
    all.queueWorker();
  },
  repair: () => undefined,
};

/** What both others must find, or their silence says nothing. */
const control: Planted = {
  id: 'CONTROL',
  plant: (stack) => {
    new Parts(stack).streamWorker({ mapping: { parallelizationFactor: 99 } });
    new sqs.Queue(stack, 'Open');
  },
  repair: () => undefined,
};

// A rule counts only where nothing else would have told: these are the conditions.
describe('every planted template', () => {
  let assembly: PlantedAssembly;
  let controlled: PlantedAssembly;

  beforeAll(async () => {
    assembly = new PlantedAssembly([parts, ...await readPlanted()], ['plant']);
    controlled = new PlantedAssembly([control], ['plant']);
  });

  afterAll(() => [assembly, controlled].forEach((it) => it.dispose()));

  it('passes the validator of AWS, even in strict mode', () => {
    expect(validatorFindings(controlled.app)).toEqual([expect.stringContaining('CONTROL-plant/stack/WorkerMapping')]);
    expect(validatorFindings(assembly.app)).toEqual([]);
  });

  it('passes the AwsSolutions rules of cdk-nag', () => {
    expect(nagErrors(controlled.app)).toContainEqual(expect.stringMatching(/^AwsSolutions-SQS3 .*CONTROL-plant\/stack\/Open/));
    expect(nagErrors(assembly.app)).toEqual([]);
  });
});

/** What cdk-nag calls errors. Its warnings do not count: one of them is against keys of one's own. */
function nagErrors(app: App): string[] {
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.filter((it) => it.severity !== 'warning')
    .map((it) => told({ ...it, paths: it.violatingResources.map(({ constructPath }) => constructPath ?? '') }));
}

interface WrittenReport {
  readonly metadata?: { readonly error?: string };
  readonly violations: readonly (Omit<Finding, 'paths'> & { readonly violatingConstructs: readonly { readonly constructPath: string }[] })[];
}

/** A synthesis that the validator does not like throws; the report that it writes tells more than the error. */
function validatorFindings(app: App): string[] {
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'true';
  let error: Error | undefined;
  try {
    app.synth();
  } catch (thrown) {
    error = thrown as Error;
  } finally {
    process.env.CDK_VALIDATION = before;
  }
  const file = path.join(app.outdir, 'validation-report.json');
  if (!fs.existsSync(file)) {
    throw error ?? new Error('the validator did not run: there is no validation-report.json');
  }
  const { pluginReports } = JSON.parse(fs.readFileSync(file, 'utf8')) as { pluginReports: readonly WrittenReport[] };
  return pluginReports.flatMap((report) => [
    ...(report.metadata?.error === undefined ? [] : [report.metadata.error]),
    ...report.violations.map((it) => told({ ...it, paths: it.violatingConstructs.map(({ constructPath }) => constructPath) })),
  ]);
}

function told({ ruleName, description, severity, paths }: Finding): string {
  return `${ruleName} (${severity ?? 'no severity'}): ${description}: ${paths.join(', ')}`;
}
