import * as fs from 'node:fs';
import * as path from 'node:path';
import type { CheckReport } from '../../../lib/checks/check';
import type { Rule } from '../../../lib/checks/rule';
import { MANIFEST_RULES } from '../../../lib/checks/manifests';
import { RULES } from '../../../lib/checks/rules';
import { renderCheckJson, renderRulesJson } from '../../../lib/report/check-json';
import { renderCheckMarkdown } from '../../../lib/report/check-markdown';
import { renderCheckTable, renderRulesTable } from '../../../lib/report/check-table';
import { renderRulesPage } from '../../../lib/report/rules-page';
import type { TopologyResource } from '../../../lib/topology';

const rule = (id: string, severity: Rule['severity']): Rule => ({
  id, severity, what: 'A thing is odd.', why: 'It breaks.', fix: 'Take an even one.', source: 'https://example.com/', check: () => [],
});
const resource = (constructPath: string) => ({ constructPath, logicalId: 'Thing', type: 'Test::Thing', stack: { displayName: 'stack' } }) as unknown as TopologyResource;

const error = rule('HT-STREAM-901', 'error');
const warning = rule('HT-STREAM-902', 'warning');
const report: CheckReport = {
  violations: [
    { rule: warning, resource: resource('stack/Late'), message: 'late | later' },
    { rule: error, resource: resource('stack/One'), property: 'Properties.Count', message: 'it is 3' },
    { rule: error, resource: resource('stack/Two'), property: 'Properties.Count', message: 'it is 5' },
  ],
  acknowledged: [
    { rule: error, resource: resource('stack/Known'), message: 'it is 7', acknowledgement: { ruleId: error.id, path: '', reason: 'a prime' } },
  ],
  withoutReason: [{ ruleId: warning.id, path: 'stack/Silent', reason: '' }],
  failures: [{ rule: warning, error: new Error('no such property') }],
  unjudged: [{ rule: error, resources: [resource('stack/Unknown')] }],
  rulesRun: [error, warning],
};
const nothing: CheckReport = { violations: [], acknowledged: [], withoutReason: [], failures: [], unjudged: [], rulesRun: [error] };

describe('a report of checks', () => {
  it('shows errors first, each rule once with all its places, on a terminal', () => {
    expect(renderCheckTable(report, { width: 100 })).toBe(`error    HT-STREAM-901  A thing is odd.
  stack/One Properties.Count
    it is 3
  stack/Two Properties.Count
    it is 5
  why: It breaks.
  fix: Take an even one.
  see: https://example.com/

warning  HT-STREAM-902  A thing is odd.
  stack/Late
    late | later
  why: It breaks.
  fix: Take an even one.
  see: https://example.com/

failed   HT-STREAM-902  The rule itself failed, so nothing is known of what it looks for: no such
  property

refused  HT-STREAM-902  It is acknowledged without a reason, which does not count: stack/Silent

Acknowledged:
  HT-STREAM-901  stack/Known: it is 7
    because: a prime (at the app)

Nobody stated what 1 resource must carry, so these rules could not judge them: HT-STREAM-901. State
  it with --workload FILE.

2 errors, 1 warning, 1 acknowledged, 1 acknowledgement without a reason, 1 rule failed; 2 rules run, 1 of them could not judge sizes
`);
  });

  it('is one line where there is nothing to tell', () => {
    expect(renderCheckTable(nothing)).toBe('0 errors, 0 warnings, 0 acknowledged; 1 rule run\n');
    expect(renderCheckMarkdown(nothing)).toBe('**0 errors, 0 warnings, 0 acknowledged; 1 rule run**\n');
  });

  it('has tables for a pull request', () => {
    const text = renderCheckMarkdown(report);
    expect(text).toContain('### error HT-STREAM-901: A thing is odd.\n\n| where | found |\n|---|---|\n| stack/One Properties.Count | it is 3 |\n');
    expect(text).toContain('| stack/Late | late \\| later |');
    expect(text).toContain('**Why** It breaks. **Fix** Take an even one. [Source](https://example.com/)');
    expect(text).toContain('| HT-STREAM-901 | stack/Known | it is 7 | a prime (at the app) |');
    expect(text).toContain('- HT-STREAM-902 itself failed: no such property');
    expect(text).toContain('- HT-STREAM-902 is acknowledged without a reason at stack/Silent');
  });

  it('is complete as JSON', () => {
    const json = JSON.parse(renderCheckJson(report)) as Record<string, unknown[]>;
    expect(json.violations[1]).toEqual({
      rule: 'HT-STREAM-901', severity: 'error', stack: 'stack', constructPath: 'stack/One', logicalId: 'Thing', type: 'Test::Thing',
      property: 'Properties.Count', message: 'it is 3', what: 'A thing is odd.', why: 'It breaks.', fix: 'Take an even one.', source: 'https://example.com/',
    });
    expect(json).toMatchObject({
      acknowledged: [{ constructPath: 'stack/Known', reason: 'a prime', acknowledgedAt: '' }],
      withoutReason: [{ rule: 'HT-STREAM-902', acknowledgedAt: 'stack/Silent' }],
      failures: [{ rule: 'HT-STREAM-902', error: 'no such property' }],
      unjudged: [{ rule: 'HT-STREAM-901', resources: ['stack/Unknown'] }],
      rulesRun: ['HT-STREAM-901', 'HT-STREAM-902'],
    });
  });
});

describe('the list of rules', () => {
  it('has one line a rule on a terminal, and everything as JSON', () => {
    expect(renderRulesTable(RULES).trimEnd().split('\n')).toHaveLength(RULES.length + 1);
    const { rules } = JSON.parse(renderRulesJson(RULES)) as { rules: Rule[] };
    expect(rules.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id));
    expect(rules.every((it) => it.what && it.why && it.fix && it.source && it.severity)).toBe(true);
  });

  it('is what docs/rules.md tells', () => {
    const page = fs.readFileSync(path.join(__dirname, '../../../docs/rules.md'), 'utf8');
    if (page !== renderRulesPage([...RULES, ...MANIFEST_RULES])) {
      throw new Error('docs/rules.md is not what the rules say: run `node bin/cht.js check --rules --markdown > docs/rules.md`');
    }
    for (const { id } of [...RULES, ...MANIFEST_RULES]) {
      expect(page).toContain(`### ${id}\n`);
    }
  });
});
