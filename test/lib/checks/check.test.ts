import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, CfnResource, Stack, Stage, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Acknowledgements } from '../../../lib/checks/acknowledgements';
import { check } from '../../../lib/checks/check';
import type { CheckContext } from '../../../lib/checks/check-context';
import { HighThroughputChecks } from '../../../lib/checks/plugin';
import type { Finding, Rule } from '../../../lib/checks/rule';
import { RULES } from '../../../lib/checks/rules';
import { Facts } from '../../../lib/facts';
import { SIZING_METADATA_KEY } from '../../../lib/sizing';
import { Topology, type TopologyResource } from '../../../lib/topology';
import { Rate, Workload } from '../../../lib/workload';

const rule = (id: string, look: (context: CheckContext, resource: TopologyResource) => string | undefined): Rule => ({
  id,
  severity: 'error',
  what: 'It is a bad one.',
  why: 'It breaks.',
  fix: 'Take a good one.',
  source: 'https://example.com/',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType('Test::Some::Thing')) {
      const message = look(context, resource);
      if (message !== undefined) {
        yield { resource, message };
      }
    }
  },
});

describe('a check of an assembly', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'check-'));
  let count = 0;
  let app: App;

  beforeEach(() => {
    app = new App({ outdir: path.join(folder, String(count++)), context: { 'aws:cdk:enable-path-metadata': true } });
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const stackOf = (id: string, region?: string) => new Stack(app, id, region === undefined ? {} : { env: { region } });
  const thing = (scope: Construct, id = 'Thing') => new CfnResource(scope, id, { type: 'Test::Some::Thing' });
  const read = () => {
    app.synth();
    return Topology.read(app.outdir, { unresolved: 'stand-in' });
  };
  const messages = (rules: readonly Rule[], options: Parameters<typeof check>[1] = {}) =>
    check(read(), { ...options, rules }).violations.map(({ resource, message }) => `${resource.constructPath}: ${message}`);
  const peaks = rule('HT-STREAM-901', (context, resource) => String(context.workloadOf(resource)?.peak.perSecond ?? 'unknown'));

  it('tells rules the workload of the nearest construct, else the one that was given', () => {
    const stack = stackOf('one');
    const worker = new Construct(stack, 'Worker');
    thing(worker);
    thing(stack);
    thing(stackOf('two'));
    const workloads = [
      { path: 'one', workload: new Workload({ peak: Rate.perSecond(200) }).toJSON() },
      { path: 'one/Worker', workload: new Workload({ peak: Rate.perSecond(50) }).toJSON() },
    ];
    stack.templateOptions.metadata = { [SIZING_METADATA_KEY]: { decisions: [], workloads } };
    const given = new Workload({ peak: Rate.perSecond(7) });
    expect(messages([peaks], { workload: given })).toEqual(['one/Worker/Thing: 50', 'one/Thing: 200', 'two/Thing: 7']);
  });

  it('lists the rules that would have needed a workload', () => {
    thing(stackOf('one'));
    const other = rule('HT-STREAM-902', (context, resource) => String(context.knowsWorkloadOf(resource)));
    const report = check(read(), { rules: [peaks, other] });
    expect(report.unjudged.map((it) => ({ id: it.rule.id, paths: it.resources.map(({ constructPath }) => constructPath) })))
      .toEqual([{ id: 'HT-STREAM-901', paths: ['one/Thing'] }]);
    expect(report.violations.map(({ message }) => message)).toEqual(['unknown', 'false']);
  });

  it('gives equal workloads as one object, so that rules can take together what carries one', () => {
    const workload = new Workload({ peak: Rate.perSecond(200) }).toJSON();
    for (const id of ['one', 'two']) {
      const stack = stackOf(id);
      thing(stack);
      stack.templateOptions.metadata = { [SIZING_METADATA_KEY]: { decisions: [], workloads: [{ path: id, workload }] } };
    }
    const seen = new Set<Workload | undefined>();
    check(read(), { rules: [rule('HT-STREAM-901', (context, resource) => void seen.add(context.workloadOf(resource)))] });
    expect(seen.size).toBe(1);
  });

  it('tells rules the decisions of the nearest construct that has any', () => {
    const stack = stackOf('one');
    thing(new Construct(stack, 'Stream'));
    thing(stack);
    const decisions = ['one', 'one/Stream', 'one/Str'].map((at, value) => ({ path: at, name: 'shards', value }));
    stack.templateOptions.metadata = { [SIZING_METADATA_KEY]: { decisions } };
    const decided = rule('HT-STREAM-901', (context, resource) => String(context.decided(resource, 'shards')));
    expect(messages([decided])).toEqual(['one/Stream/Thing: 1', 'one/Thing: 0']);
    expect(messages([rule('HT-STREAM-901', (context, resource) => String(context.decided(resource, 'nothing')))])).toContain('one/Thing: undefined');
  });

  it('reads facts for the region of a resource, with what the user states', () => {
    const id = 'kinesis/shardQuota.account';
    thing(stackOf('one', 'us-east-1'));
    thing(stackOf('two', 'ap-south-1'));
    const quota = rule('HT-STREAM-901', (context, resource) => String(context.factsFor(resource).number(id)));
    expect(messages([quota])).toEqual(['us-east-1', 'ap-south-1'].map((region, index) => `${['one', 'two'][index]}/Thing: ${Facts.DEFAULT.number(id, region)}`));
    expect(messages([quota], { facts: new Facts({ overrides: { [id]: 5 } }) })).toEqual(['one/Thing: 5', 'two/Thing: 5']);
  });

  it('names a rule that fails, and runs the others', () => {
    thing(stackOf('one'));
    const broken = rule('HT-STREAM-901', () => {
      throw new Error('no such property');
    });
    const report = check(read(), { rules: [broken, rule('HT-STREAM-902', () => 'odd')] });
    expect(report.failures.map((it) => `${it.rule.id}: ${it.error.message}`)).toEqual(['HT-STREAM-901: no such property']);
    expect(report.violations.map((it) => it.rule.id)).toEqual(['HT-STREAM-902']);
    expect(report.rulesRun.map(({ id }) => id)).toEqual(['HT-STREAM-901', 'HT-STREAM-902']);
  });

  describe('with acknowledgements', () => {
    const odd = rule('HT-STREAM-901', () => 'odd');

    it('takes those of the resource and of what stands around it, with their reasons', () => {
      const stack = stackOf('one');
      const worker = new Construct(stack, 'Worker');
      thing(worker);
      Validations.of(thing(stack)).acknowledge({ id: 'HT-STREAM-901', reason: 'the plain id' });
      Validations.of(worker).acknowledge({ id: 'HighThroughput::HT-STREAM-901', reason: 'the whole worker' });
      thing(stack, 'Other');
      Validations.of(stack).acknowledge({ id: 'HighThroughput::HT-STREAM-902', reason: 'another rule' });
      const report = check(read(), { rules: [odd] });
      expect(report.acknowledged.map((it) => [it.resource.constructPath, it.acknowledgement])).toEqual([
        ['one/Worker/Thing', { ruleId: 'HT-STREAM-901', path: 'one/Worker', reason: 'the whole worker' }],
        ['one/Thing', { ruleId: 'HT-STREAM-901', path: 'one/Thing', reason: 'the plain id' }],
      ]);
      expect(report.violations.map((it) => it.resource.constructPath)).toEqual(['one/Other']);
    });

    it('does not take one without a reason', () => {
      const resource = thing(stackOf('one'));
      Validations.of(resource).acknowledge({ id: 'HighThroughput::HT-STREAM-901', reason: '' });
      const report = check(read(), { rules: [odd] });
      expect(report.violations).toHaveLength(1);
      expect(report.withoutReason).toEqual([{ ruleId: 'HT-STREAM-901', path: 'one/Thing', reason: '' }]);
    });

    it('takes those of a stage or the app from the report of a synthesis with the plugin', () => {
      const stage = new Stage(app, 'Stage');
      thing(new Stack(stage, 'one'));
      Validations.of(stage).acknowledge({ id: 'HighThroughput::HT-STREAM-901', reason: 'the whole stage' });
      Validations.of(app).addPlugins(new HighThroughputChecks({ rules: [odd] }));
      const topology = read();
      expect(check(topology, { rules: [odd] }).violations).toHaveLength(1);
      const report = check(topology, { rules: [odd], acknowledgements: Acknowledgements.ofAssembly(topology, app.outdir) });
      expect(report.acknowledged.map((it) => it.acknowledgement)).toEqual([{ ruleId: 'HT-STREAM-901', path: 'Stage', reason: 'the whole stage' }]);
    });

    it('finds the constructs of templates that carry no paths', () => {
      app = new App({ outdir: path.join(folder, String(count++)) });
      Validations.of(new Construct(stackOf('one'), 'Worker')).acknowledge({ id: 'HT-STREAM-901', reason: 'the whole worker' });
      thing(app.node.findChild('one').node.findChild('Worker') as Construct);
      const topology = read();
      expect(topology.ofType('Test::Some::Thing')[0].metadata).toEqual({});
      expect(check(topology, { rules: [odd] }).acknowledged).toHaveLength(1);
    });
  });
});

describe('the rules', () => {
  it('have ids of their own, in the order of their numbers', () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const room of new Set(ids.map((id) => id.replace(/\d+$/, '')))) {
      const numbers = ids.filter((id) => id.startsWith(room)).map((id) => Number(id.slice(room.length)));
      expect({ room, numbers }).toEqual({ room, numbers: numbers.map((_, index) => index + 1) });
    }
  });

  it.each(RULES.map((it) => [it.id, it] as const))('%s says what, why and what to change in sentences, and names its page', (_, it) => {
    for (const text of [it.what, it.why, it.fix]) {
      expect(text).toMatch(/^[A-Z][^]*\.$/);
    }
    expect(it.source).toMatch(/^https:\/\/[^\s]+$/);
    expect(it.id).toMatch(/^HT-[A-Z]+-\d{3}$/);
  });
});
