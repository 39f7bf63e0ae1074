import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, CfnResource, Fn, Stack, Stage, Validations } from 'aws-cdk-lib';
import { HighThroughputChecks } from '../../../lib/checks/plugin';
import type { Rule } from '../../../lib/checks/rule';

const rule = (id: string, severity: Rule['severity'], check: Rule['check']): Rule => (
  { id, severity, check, what: 'It is a bad one.', why: 'It breaks.', fix: 'Take a good one.', source: 'https://example.com/' }
);
const finds = (id: string, severity: Rule['severity'], type: string) => rule(id, severity, function* ({ topology }) {
  for (const resource of topology.ofType(type)) {
    yield { resource, property: 'Properties.Name', message: 'the name is odd' };
  }
});
const RULES = [finds('HT-STREAM-901', 'error', 'Test::Bad::Error'), finds('HT-STREAM-902', 'warning', 'Test::Bad::Warning')];

describe('the plugin in an app', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'plugin-'));
  let app: App;
  let stack: Stack;
  let count = 0;

  beforeEach(() => {
    start({});
    jest.spyOn(console, 'error').mockImplementation(() => undefined);
  });

  afterEach(() => jest.restoreAllMocks());
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const start = (context: Record<string, unknown>) => {
    // The error of a failing synthesis holds what was found.
    app = new App({ outdir: path.join(folder, String(count++)), context: { '@aws-cdk/core:appMode': 'inmemory', ...context } });
    stack = new Stack(new Stage(app, 'Stage'), 'stack');
  };
  const add = (type: string) => new CfnResource(stack, type.replace(/:/g, ''), { type, properties: { Name: 'odd' } });
  const synthesize = (rules: readonly Rule[] = RULES) => {
    Validations.of(app).addPlugins(new HighThroughputChecks({ rules }));
    app.synth();
    return report();
  };
  // It is written before a synthesis fails.
  const report = () => (JSON.parse(fs.readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8')) as {
    pluginReports: {
      pluginName: string;
      conclusion: string;
      violations: { ruleName: string; severity: string; violatingConstructs: object[] }[];
      suppressedViolations?: { ruleName: string; reason: string; acknowledgedAt: string }[];
    }[];
  }).pluginReports[0];

  it('fails the synthesis for an error, and tells construct, property, why and source', () => {
    add('Test::Bad::Error');
    expect(() => synthesize()).toThrow(/Acknowledge with 'HighThroughput::HT-STREAM-901'/);
    expect(report()).toMatchObject({
      pluginName: 'HighThroughput',
      conclusion: 'failure',
      violations: [{
        ruleName: 'HT-STREAM-901',
        severity: 'error',
        description: 'It is a bad one. Found: the name is odd. It breaks.',
        suggestedFix: 'Take a good one. See https://example.com/',
        ruleMetadata: { source: 'https://example.com/' },
        violatingConstructs: [{
          constructPath: 'Stage/stack/TestBadError',
          cloudFormationResource: { templatePath: expect.stringMatching(/^assembly-Stage.Stagestack\w*.template.json$/), logicalId: 'TestBadError', propertyPaths: ['Properties.Name'] },
        }],
      }],
    });
  });

  it('shows a warning and goes on', () => {
    add('Test::Bad::Warning');
    expect(synthesize()).toMatchObject({ conclusion: 'success', violations: [{ ruleName: 'HT-STREAM-902', severity: 'warning' }] });
  });

  it('fails for a warning where the CDK is strict', () => {
    start({ '@aws-cdk/core:strictCfnValidateErrors': true });
    add('Test::Bad::Warning');
    expect(() => synthesize()).toThrow(/HT-STREAM-902/);
  });

  it.each(['app', 'stage', 'resource'])('takes an acknowledgement with a reason on the %s', (where) => {
    const resource = add('Test::Bad::Error');
    const scope = { app, stage: Stage.of(stack)!, resource }[where]!;
    Validations.of(scope).acknowledge({ id: 'HighThroughput::HT-STREAM-901', reason: 'a test' });
    expect(synthesize()).toMatchObject({
      conclusion: 'success', violations: [], suppressedViolations: [{ ruleName: 'HT-STREAM-901', reason: 'a test' }],
    });
  });

  it('takes a plain id as well', () => {
    Validations.of(add('Test::Bad::Error')).acknowledge({ id: 'HT-STREAM-901', reason: 'a test' });
    Validations.of(add('Test::Bad::Warning')).acknowledge({ id: 'HT-STREAM-999', reason: 'another rule' });
    expect(synthesize()).toMatchObject({ conclusion: 'success', violations: [{ ruleName: 'HT-STREAM-902' }] });
  });

  it.each(['HighThroughput::HT-STREAM-901', 'HT-STREAM-901'])('refuses an acknowledgement of %s without a reason', (id) => {
    const resource = add('Test::Bad::Error');
    Validations.of(resource).acknowledge({ id, reason: ' ' });
    // Not even the refusal can be acknowledged.
    Validations.of(app).acknowledge({ id: 'HighThroughput::HT-ACKNOWLEDGEMENT', reason: 'no' });
    expect(() => synthesize()).toThrow(/HT-STREAM-901 is acknowledged without a reason/);
    expect(report().violations).toContainEqual(expect.objectContaining({
      ruleName: 'HT-ACKNOWLEDGEMENT', severity: 'fatal', violatingConstructs: [expect.objectContaining({ constructPath: resource.node.path })],
    }));
  });

  it('tells which rule failed itself, and runs the others', () => {
    add('Test::Bad::Warning');
    const broken = rule('HT-STREAM-903', 'warning', () => {
      throw new Error('no such property');
    });
    expect(synthesize([broken, ...RULES]).violations).toMatchObject([
      { ruleName: 'HT-STREAM-902' },
      { ruleName: 'HT-STREAM-903', description: 'The rule itself failed, so nothing is known of what it looks for: no such property' },
    ]);
  });

  it('reads on past values that only a deployment knows', () => {
    stack.templateOptions.transforms = ['AWS::LanguageExtensions'];
    new CfnResource(stack, 'Other', { type: 'Test::Good::One', properties: { Name: Fn.importValue('another-app'), More: { 'Fn::Transform': { Name: 'X' } } } });
    add('Test::Bad::Warning');
    expect(synthesize().violations).toHaveLength(1);
  });

  it('looks only at the stacks of the stage that has it', () => {
    add('Test::Bad::Error');
    const other = new Stage(app, 'Other');
    new CfnResource(new Stack(other, 'stack'), 'Bad', { type: 'Test::Bad::Warning' });
    Validations.of(other).addPlugins(new HighThroughputChecks({ rules: RULES }));
    app.synth();
    expect(report().violations.map(({ ruleName }) => ruleName)).toEqual(['HT-STREAM-902']);
  });
});
