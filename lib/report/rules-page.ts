import type { RuleText } from '../checks/rule';
import { cell } from './markdown';

/** What a room of rules is about, by the middle word of its ids. */
const ROOMS: { readonly [room: string]: string } = {
  STREAM: 'Kinesis data streams',
  WORKER: 'Functions on streams, queues and events',
  TABLE: 'DynamoDB tables',
  ALARM: 'Alarms',
  SECURITY: 'Security and compliance',
  EDGE: 'Load balancers, gateways and firewalls',
  CAPACITY: 'Sizes and quotas',
  RESILIENCE: 'Resilience',
  COST: 'Costs',
  KUBERNETES: 'Manifests of Kubernetes',
};

/** The page of all rules: a table of contents, then what each of them finds, why that matters and what to change. */
export function renderRulesPage(rules: readonly RuleText[]): string {
  const rooms = [...new Set(rules.map(roomOf))];
  const errors = rules.filter(({ severity }) => severity === 'error').length;
  return [
    '# Rules',
    '',
    '<!-- Written by `cht check --rules --markdown > docs/rules.md`. -->',
    '',
    `${rules.length} rules look for what breaks systems of high throughput and passes the validator of CloudFormation and cdk-nag's AwsSolutions. ${errors} of them are`
      + ' errors, which fail a synthesis; the others are warnings. [checks.md](checks.md) tells how to run them and how to accept a finding.',
    '',
    ...rooms.flatMap((room) => roomLines(room, rules.filter((it) => roomOf(it) === room))),
  ].join('\n');
}

function roomLines(room: string, rules: readonly RuleText[]): string[] {
  return [
    `## ${ROOMS[room] ?? room}`,
    '',
    '| rule | severity | what it finds |',
    '|---|---|---|',
    ...rules.map(({ id, severity, what }) => `| [${id}](#${id.toLowerCase()}) | ${severity} | ${cell(what)} |`),
    '',
    ...rules.flatMap(ruleLines),
  ];
}

function ruleLines({ id, severity, what, why, fix, source }: RuleText): string[] {
  return [`### ${id}`, '', `**${what}** (${severity})`, '', `*Why:* ${why}`, '', `*Fix:* ${fix}`, '', `*Source:* <${source}>`, ''];
}

function roomOf({ id }: RuleText): string {
  return id.split('-')[1];
}
