import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { runbookAnchor } from '../../constructs/observability/runbook-link';
import { SignalSeverity } from '../../constructs/observability/signal-severity';
import { chartOf, manifestsOf } from '../apps/payment-chart';
import { root, sourceFiles } from './source-files';

const SOURCES = sourceFiles(['constructs', 'apps']);
const page = fs.readFileSync(path.join(root, 'docs', 'runbooks.md'), 'utf8');

/** Functions of ours that make an alarm, and which of their arguments is its name; `add` of an `AlarmSet` is found by itself. */
const HELPERS: { readonly [name: string]: number } = { add: 0, addForBrokers: 1, addHitRate: 1, addAlarm: 1, numbered: 0 };

/** Readers of the reference's bus: each has alarms with its name before theirs. */
const BUS_TARGETS = SOURCES.filter((file) => file.startsWith('apps'))
  .flatMap((file) => [...read(file).matchAll(/\.add(?:Queue|Bus|Log)\('(\w+)'/g)].map(([, name]) => name));

/** Names that are built of a part that is only known when they are made. `*` stands for it. */
const BUILT: { readonly [pattern: string]: readonly string[] } = {
  '*': [],
  '**': [],
  '*Cpu': ['WriterCpu', 'ReaderCpu'],
  '*Memory': ['WriterMemory', 'ReaderMemory'],
  '*Unusual': ['Unusual'],
  '*Failed': BUS_TARGETS.map((target) => `${target}Failed`),
  '*DeadLetters': BUS_TARGETS.map((target) => `${target}DeadLetters`),
  '*Undelivered': BUS_TARGETS.map((target) => `${target}Undelivered`),
};

/** What `cht explain` tells about beside decisions. */
const WHOLE = ['latency', 'recovery'];

const PATTERNS = [...new Set(SOURCES.flatMap(alarmPatterns))].sort();
/** What the sections of alarms may be called: of alarms of the bus, also without their target. */
const NAMES = PATTERNS.flatMap((it) => (it.startsWith('*') ? BUILT[it] ?? [] : [it.replace(/\*$/, '')]));
const SECTIONS = [...NAMES, ...PATTERNS.filter(isOfBus).map((it) => it.slice(1))];

/** Where each alert of the pods of the reference leads, by its name. */
const ALERTS = alertsOfPods();
const ALERT_SECTIONS = [...new Set(ALERTS.values())].map((link) => link.split('#')[1]);

const headings = [...withoutCode(page).matchAll(/^(#+) (.+)$/gm)].map(([, level, title]) => ({ level: level.length, anchor: headingAnchor(title) }));
const named = [...page.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id]) => id);
const anchors = [...headings.map(({ anchor }) => anchor), ...named];

describe('the runbooks', () => {
  it('are looked up by names that the sources tell', () => {
    expect(PATTERNS.filter((it) => it.startsWith('*') && BUILT[it] === undefined)).toEqual([]);
    expect(BUS_TARGETS).toEqual(['Notifications', 'Reports']);
    expect(NAMES).toEqual(expect.arrayContaining([
      'IteratorAge', 'EngineCpu', 'GivenUp', 'ConsumerLag', 'BrokerDisk', 'HitRate', 'ProxyWait', 'WriteThrottled', 'Slow', 'Overdue', 'NotificationsFailed',
    ]));
  });

  it('have a section for every alarm, where its link leads', () => {
    expect(NAMES.filter((name) => !anchors.includes(runbookAnchor(name)))).toEqual([]);
  });

  it('have a section for every alert of pods, where its annotation leads', () => {
    expect(ALERTS.size).toBeGreaterThan(12);
    expect([...ALERTS].filter(([, link]) => !link.startsWith('https://runbooks.example.com/#'))).toEqual([]);
    expect([...ALERTS].filter(([, link]) => !headings.some(({ anchor }) => anchor === link.split('#')[1]))).toEqual([]);
  });

  it('have one section for all alerts of a kind, whatever they watch', () => {
    expect([ALERTS.get('public-errors'), ALERTS.get('payment-api-cpu')]).toEqual([ALERTS.get('partners-errors'), ALERTS.get('payment-worker-cpu')]);
    expect(ALERTS.get('public-errors')).not.toBe(ALERTS.get('payment-api-errors'));
  });

  it('say of alerts of pods what to look at, what to do, and when to hand them on', () => {
    const sections = page.split(/^(?=#{2,3} )/m).filter((it) => ALERT_SECTIONS.includes(headingAnchor(it.split('\n')[0].replace(/^#+ /, ''))));
    expect(sections).toHaveLength(ALERT_SECTIONS.length);
    for (const start of [/^- (Look |`npx cht parked list` shows)/m, /^- Do: /m, /^- Hand on /m]) {
      expect(sections.filter((it) => !start.test(it)).map((it) => it.split('\n')[0])).toEqual([]);
    }
  });

  it('have a section for every severity', () => {
    expect(Object.values(SignalSeverity).filter((severity) => !anchors.includes(severity))).toEqual([]);
  });

  it('have no section for an alarm that is not there', () => {
    const known = [...SECTIONS.map((name) => runbookAnchor(name)), ...ALERT_SECTIONS];
    const sections = headings.filter(({ level }) => level === 3).map(({ anchor }) => anchor);
    expect(sections.length).toBeGreaterThan(80);
    expect([...sections, ...named].filter((anchor) => !known.includes(anchor))).toEqual([]);
  });

  it('have no anchor twice', () => {
    expect(anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index)).toEqual([]);
  });

  it('say when each alarm is over', () => {
    const sections = page.split(/^(?=#{2,3} )/m).filter((it) => it.startsWith('### '));
    expect(sections.filter((it) => !/^- (Over |Do and over)/m.test(it)).map((it) => it.split('\n')[0])).toEqual([]);
  });

  it('link to sections that are there', () => {
    const links = [...page.matchAll(/\]\(([^)#]*)#([^)]+)\)/g)].map(([, file, anchor]) => ({ file, anchor }));
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(({ file, anchor }) => !anchorsOf(file).includes(anchor))).toEqual([]);
  });

  it('link to pages that are there', () => {
    const files = [...page.matchAll(/\]\(([^)#:]+)/g)].map(([, file]) => file);
    expect(files.filter((file) => !fs.existsSync(path.join(root, 'docs', file)))).toEqual([]);
  });
});

describe('the commands of the runbooks', () => {
  const quoted = [...page.matchAll(/`npx cht ([^`]+)`/g)].map(([, command]) => command.split(' '));

  it('are commands of ours', () => {
    const commands = [...read('cli/main.ts').matchAll(/name: '(\w+)'/g)].map(([, name]) => name);
    expect(quoted.length).toBeGreaterThan(10);
    expect(quoted.map(([name]) => name).filter((name) => !commands.includes(name))).toEqual([]);
  });

  it('do what these can do', () => {
    const acting = quoted.filter(([name, action]) => ['parked', 'audit'].includes(name) && action !== undefined);
    expect(acting.length).toBeGreaterThan(3);
    expect(acting.filter(([name, action]) => !read(`cli/${name}.ts`).includes(`cht ${name} ${action}`))).toEqual([]);
  });

  it('take options that these have', () => {
    const options = quoted.flatMap(([name, ...words]) => words.filter((it) => it.startsWith('--')).map((option) => ({ name, option: option.slice(2) })));
    expect(options.length).toBeGreaterThan(10);
    const known = (name: string): string => read(`cli/${name}.ts`) + read('cli/assembly.ts');
    expect(options.filter(({ name, option }) => !new RegExp(`\\b'?${option}'?: \\{ type`).test(known(name)))).toEqual([]);
  });

  it('ask about decisions that are made', () => {
    const sizing = sourceFiles(['lib/sizing']).map(read).join('\n');
    const asked = quoted.filter(([name]) => name === 'explain').map(([, decision]) => decision).filter((it) => it !== undefined && !WHOLE.includes(it));
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter((decision) => !sizing.includes(`'${decision}'`))).toEqual([]);
  });
});

/** Links of the alerts in the manifests of a cell, by the names of the alerts. */
function alertsOfPods(): ReadonlyMap<string, string> {
  const rules = manifestsOf(chartOf()).filter(({ kind }) => kind === 'PrometheusRule')
    .flatMap(({ spec }) => (spec as { groups: { rules: { alert?: string; annotations?: { runbook_url?: string } }[] }[] }).groups)
    .flatMap((group) => group.rules);
  return new Map(rules.flatMap(({ alert, annotations }) => (alert === undefined ? [] : [[alert, annotations?.runbook_url ?? ''] as const])));
}

/** Whether alarms have the name of a reader of the bus before their own. */
function isOfBus(pattern: string): boolean {
  return (BUILT[pattern] ?? []).some((name) => BUS_TARGETS.some((target) => name.startsWith(target)));
}

function read(file: string): string {
  return fs.readFileSync(path.join(root, file), 'utf8');
}

/** The anchor that GitHub gives a heading. */
function headingAnchor(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
}

/** A comment of a shell begins as a heading does. */
function withoutCode(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, '');
}

function anchorsOf(file: string): string[] {
  return file === '' ? anchors : [...withoutCode(read(`docs/${file}`)).matchAll(/^#+ (.+)$/gm)].map(([, title]) => headingAnchor(title));
}

/** Names of the alarms that a file makes, with `*` for what is only known at run time. */
function alarmPatterns(file: string): string[] {
  const text = read(file);
  if (!/AlarmSet|larmDefinition|AnomalyDetectionAlarm|larms\.add\(/.test(text)) {
    return [];
  }
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const name = nameArgument(node);
      if (name !== undefined) {
        found.push(...textPatterns(name));
      }
    } else if (ts.isNewExpression(node) && node.expression.getText().endsWith('AnomalyDetectionAlarm')) {
      found.push(...textPatterns(node.arguments![1]));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true));
  return found;
}

/** The argument of a call that names an alarm; undefined where the call makes none. */
function nameArgument({ arguments: given, expression }: ts.CallExpression): ts.Expression | undefined {
  if (ts.isPropertyAccessExpression(expression) && expression.name.text === 'add') {
    return /(^|\.)alarms$/.test(expression.expression.getText()) ? given[0] : undefined;
  }
  const called = ts.isPropertyAccessExpression(expression) && expression.expression.kind === ts.SyntaxKind.ThisKeyword ? expression.name : expression;
  return ts.isIdentifier(called) && HELPERS[called.text] !== undefined ? given[HELPERS[called.text]] : undefined;
}

/** The texts that an expression may be. A call of a helper tells of itself elsewhere. */
function textPatterns(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) {
    return [node.text];
  }
  if (ts.isTemplateExpression(node)) {
    return [node.head.text + node.templateSpans.map((span) => `*${span.literal.text}`).join('')];
  }
  if (ts.isConditionalExpression(node)) {
    return [...textPatterns(node.whenTrue), ...textPatterns(node.whenFalse)];
  }
  return ['*'];
}
