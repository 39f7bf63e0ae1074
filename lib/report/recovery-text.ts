import { formatBytes, formatSeconds, SizingPlan } from '../sizing';
import type { Disaster, ObjectiveVerdict, RecoveryCoverage, RecoveryMechanism } from '../sizing/recovery-coverage';
import type { DataClass } from '../sizing/recovery-data';
import type { SecondsBand } from '../sizing/recovery-times';
import type { DataRecovery, RecoverySizing } from '../sizing/recovery';
import { valueText } from './decision-text';
import { alignColumns, truncate, wrap } from './text';

export interface RecoveryTextOptions {
  /**
   * Characters of a line.
   *
   * @default 100
   */
  readonly width?: number;
}

const NAMES: { readonly [name in DataClass]: string } = {
  stream: 'stream', ledger: 'ledger', balances: 'balances', parkedItems: 'parked items', auditArchive: 'audit archive', cache: 'cache', configuration: 'configuration',
};
const DISASTERS: { readonly [name in Disaster]: string } = {
  zoneLoss: 'zone lost', dataLoss: 'deleted or corrupted', regionLoss: 'region lost',
};
const MECHANISMS: { readonly [name in RecoveryMechanism]: string } = {
  serviceReplication: 'the service', restore: 'restore', replica: 'replica', rebuild: 'rebuild', redeploy: 'deployment', prevented: 'prevented', notCovered: 'not covered',
};
const VERDICTS: { readonly [name in ObjectiveVerdict]: string } = { met: 'met', notShown: 'not shown', notMet: 'not met', notCovered: '-' };
const HEADER = ['data', 'disaster', 'covered by', 'back within', 'RTO', 'lost at most', 'RPO'];

/** How data are recovered, in words, with one table over kinds of data and disasters. What rests on an assumption carries a `*`. */
export function renderRecoveryText(sizing: RecoverySizing, options: RecoveryTextOptions = {}): string {
  const width = options.width ?? 100;
  const rows = sizing.data.flatMap((data) => data.coverages.map((coverage, index) => [index === 0 ? titleOf(data) : '', ...cells(coverage)]));
  return [
    ...wrap(introduction(sizing), width),
    '',
    ...alignColumns([HEADER, ...rows]).map((line) => `  ${line}`),
    '',
    'What is not kept, and why:',
    ...openPoints(sizing).flatMap((it) => wrap(`  ${it}`, width)),
    '',
    'What covers the rest:',
    ...ways(sizing).flatMap((it) => wrap(`  ${it}`, width)),
    '',
    'What the tier sets:',
    ...alignColumns(settings(sizing)).map((line) => truncate(`  ${line}`, width)),
    '',
    '* rests on an assumption',
    '',
  ].join('\n');
}

/** The same as Markdown, for a pull request or a page. */
export function renderRecoveryMarkdown(sizing: RecoverySizing): string {
  return [
    introduction(sizing),
    '',
    `| ${HEADER.join(' | ')} |`,
    `|${HEADER.map(() => '---').join('|')}|`,
    ...sizing.data.flatMap((data) => data.coverages.map((coverage) => `| ${[titleOf(data), ...cells(coverage)].join(' | ')} |`)),
    '',
    'What is not kept, and why:',
    '',
    ...openPoints(sizing).map((it) => `- ${it}`),
    '',
    'What covers the rest:',
    '',
    ...ways(sizing).map((it) => `- ${it}`),
    '',
    '| the tier sets | |',
    '|---|---|',
    ...settings(sizing).map((it) => `| ${it.join(' | ')} |`),
    '',
    '\\* rests on an assumption',
    '',
  ].join('\n');
}

/** The same for programs. */
export function recoveryJson(sizing: RecoverySizing): object {
  return {
    tier: sizing.tier,
    recoveryTimeSeconds: sizing.recoveryTime.toSeconds(),
    recoveryPointSeconds: sizing.recoveryPoint.toSeconds(),
    ...(sizing.recoveryRegion !== undefined && { recoveryRegion: sizing.recoveryRegion }),
    data: sizing.data,
    decisions: new SizingPlan(sizing.decisions).toJSON().decisions,
  };
}

function introduction({ tier, recoveryTime, recoveryPoint, recoveryRegion }: RecoverySizing): string {
  return `Recovery tier ${tier}: back within ${formatSeconds(recoveryTime.toSeconds())} (RTO), at most ${formatSeconds(recoveryPoint.toSeconds())} of the latest data lost (RPO). `
    + (recoveryRegion === undefined ? 'No recovery region is stated.' : `Recovery region: ${recoveryRegion}.`)
    + ' This holds where everything is deployed as the tier sets it.';
}

function titleOf({ name, bytes }: DataRecovery): string {
  return `${NAMES[name]} (${formatBytes(bytes)})`;
}

function cells({ disaster, mechanism, time, point, timeVerdict, pointVerdict, assumption }: RecoveryCoverage): string[] {
  return [
    DISASTERS[disaster], `${MECHANISMS[mechanism]}${assumption ? ' *' : ''}`, bandText(time, '-'), VERDICTS[timeVerdict], bandText(point, '-'), VERDICTS[pointVerdict],
  ];
}

function bandText(band: SecondsBand | undefined, none: string): string {
  if (band === undefined) {
    return none;
  }
  return band.high === 0 ? 'nothing' : band.low === 0 ? formatSeconds(band.high) : `${formatSeconds(band.low)} to ${formatSeconds(band.high)}`;
}

/** One sentence for each way in which an objective is not kept; the same reason for several kinds of data is told once. */
function openPoints(sizing: RecoverySizing): string[] {
  const open = sizing.data.flatMap(({ name, coverages }) => coverages
    .filter((it) => it.timeVerdict !== 'met' || it.pointVerdict !== 'met')
    .map((it) => ({ who: NAMES[name], disaster: DISASTERS[it.disaster], why: `${shortfall(it, sizing)}${it.how}` })));
  return open.length === 0 ? ['Everything is kept.'] : together(open);
}

function shortfall(coverage: RecoveryCoverage, { recoveryTime, recoveryPoint }: RecoverySizing): string {
  if (coverage.mechanism === 'notCovered') {
    return 'not covered: ';
  }
  const parts = [
    ...(coverage.timeVerdict === 'met' ? [] : [`${bandText(coverage.time, '')} instead of ${formatSeconds(recoveryTime.toSeconds())}`]),
    ...(coverage.pointVerdict === 'met' ? [] : [`${bandText(coverage.point, '')} lost instead of ${formatSeconds(recoveryPoint.toSeconds())}`]),
  ];
  return `${parts.join(', ')}: `;
}

function ways(sizing: RecoverySizing): string[] {
  return together(sizing.data.flatMap(({ name, coverages }) => coverages
    .filter((it) => it.timeVerdict === 'met' && it.pointVerdict === 'met')
    .map((it) => ({ who: NAMES[name], disaster: DISASTERS[it.disaster], why: it.how }))));
}

function together(points: readonly { readonly who: string; readonly disaster: string; readonly why: string }[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { who, disaster, why } of points) {
    const key = `${disaster}\n${why}`;
    byReason.set(key, [...(byReason.get(key) ?? []), who]);
  }
  return [...byReason].map(([key, who]) => {
    const [disaster, why] = key.split('\n');
    return `${who.join(', ')}, ${disaster}: ${why}.`;
  });
}

function settings(sizing: RecoverySizing): string[][] {
  return sizing.decisions.filter((it) => !it.name.endsWith('Bytes')).map((it) => [it.name, valueText(it), it.binding]);
}
