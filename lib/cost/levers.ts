import { Facts } from '../facts';
import { sizeLedger } from '../sizing';
import { SECONDS_PER_MONTH } from '../sizing/monthly-cost';
import type { Topology } from '../topology';
import { Workload } from '../workload';
import { type Bill, totalOf } from './bill';
import type { BillLine } from './bill-line';
import { billOf, type BillOptions } from './bill-of';
import { commitmentsOf } from './commitments';
import { discountsOn } from './discounts';
import { product } from './money';
import { References } from './usage/references';

/** Something that would make a bill smaller. */
export interface Lever {
  /** What to do, in words. */
  readonly name: string;
  /** US dollars of a month that it saves, typical. Levers on the same lines do not add up. */
  readonly usd: number;
  /** What it costs in latency, risk or freedom. */
  readonly price: string;
  /** The lines it works on, and how its saving is computed. */
  readonly why: string;
}

interface LeverContext {
  readonly bill: Bill;
  /** Numbers, and prices after stated discounts. */
  readonly facts: Pick<Facts, 'number' | 'price'>;
  /** Stack and logical id of what a web ACL stands before. */
  readonly behindWebAcl: ReadonlySet<string>;
  /** Days that a row of the ledger is kept, as its sizing has it. */
  readonly ledgerDays: () => number;
  /** The same assembly and workload with other options. */
  rebill(options: BillOptions): Bill;
}

type LeverRule = (context: LeverContext) => Lever | undefined;

const RULES: readonly LeverRule[] = [
  fewerBackups, commitments, shield, provisionedTables, shorterLedger, shorterRecovery, quieterLogs, spot, fewerAlarms,
];

/**
 * What would make a bill smaller, the largest saving first. Each is computed from the lines of the bill; those that save nothing are left out.
 *
 * @param workload @default - that which the templates carry
 * @throws Error as `billOf` does
 */
export function leversOf(topology: Topology, workload?: Workload, options: BillOptions = {}): Lever[] {
  const facts = (options.facts ?? Facts.DEFAULT).forRegion(topology.stacks[0].region);
  const discountOf = discountsOn(options.discounts ?? {}, facts);
  const bill = billOf(topology, workload, options);
  const references = new References(topology);
  const behind = topology.ofType('AWS::WAFv2::WebACLAssociation').flatMap((it) => references.from(it, /^ResourceArn/).map(({ to }) => to));
  const context: LeverContext = {
    bill,
    behindWebAcl: new Set(behind.map((it) => `${it.stack.displayName}/${it.logicalId}`)),
    ledgerDays: () => sizeLedger(Workload.fromJSON(bill.workload), facts).timeToLive.toDays(),
    facts: { number: (id) => facts.number(id), price: (id) => product(facts.price(id), discountOf(id)) },
    rebill: (changes) => billOf(topology, workload, { ...options, ...changes }),
  };
  return RULES.flatMap((rule) => rule(context) ?? []).filter(({ usd }) => usd >= 1).sort((a, b) => b.usd - a.usd);
}

function linesWith(bill: Bill, what: RegExp, type: RegExp = /./): BillLine[] {
  return bill.lines.filter((line) => what.test(line.what) && type.test(line.type));
}

function usdOf(lines: readonly BillLine[]): number {
  return totalOf(lines).typical;
}

/** Full copies of tables that can be recovered to any second anyway. */
function fewerBackups({ bill, facts }: LeverContext): Lever | undefined {
  const backups = linesWith(bill, /^backups of tables$/);
  const recoverable = linesWith(bill, /^point-in-time recovery$/, /DynamoDB/);
  const copy = recoverable.reduce((sum, { quantity }) => sum + quantity.typical, 0) * facts.price('dynamodb/backup.gbMonth');
  return backups.length === 0 || recoverable.length === 0 ? undefined : {
    name: 'keep one full backup of the tables instead of all within the retention',
    usd: usdOf(backups) - copy,
    price: 'only the last backup outlives a deleted table; point-in-time recovery still reaches every second of its window',
    why: `each backup of a table is a full copy, and one of them costs $${Math.round(copy)} a month`,
  };
}

function commitments({ bill, rebill }: LeverContext): Lever | undefined {
  if (bill.commitment !== 'none') {
    return undefined;
  }
  const committed = rebill({ commitment: '1y' });
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  const plans = commitmentsOf(committed).map(({ plan, coverage, utilization, breakEven }) =>
    `${plan}: covers ${percent(coverage)}, pays from ${percent(breakEven)} of use on, ${percent(utilization)} are used at the low end`);
  return {
    name: 'commit for a year to what always runs',
    usd: bill.perMonth.typical - committed.perMonth.typical,
    price: 'it is paid for a year, used or not',
    why: `at the share that is there at every hour; ${plans.join('; ')}`,
  };
}

/** Shield Advanced bills a month and what leaves the protected load balancers, and none of the fees of their web ACLs. */
function shield({ bill, behindWebAcl, facts }: LeverContext): Lever | undefined {
  if (linesWith(bill, /./, /Shield/).length > 0) {
    return undefined;
  }
  const fees = usdOf(linesWith(bill, /./, /WebACL$/));
  const month = facts.price('shield-advanced/month');
  const gigabytes = linesWith(bill, /^answers to the internet$/).filter(({ logicalId, stack }) => behindWebAcl.has(`${stack}/${logicalId}`))
    .reduce((sum, { quantity }) => sum + quantity.typical, 0);
  const out = gigabytes * facts.price('shield-advanced/balancerOut.gb');
  return {
    name: 'Shield Advanced in place of the fees of web ACLs',
    usd: fees - month - out,
    price: 'a contract of one year, which does not end with this system',
    why: `it covers fees of web ACLs, $${Math.round(fees)}, for $${month} a month and $${Math.round(out)} of what leaves their load balancers`,
  };
}

/** Requests of tables that are there at every hour are cheaper as provisioned units. */
function provisionedTables({ bill, facts }: LeverContext): Lever {
  const utilization = facts.number('target/dynamodb.autoscalingUtilization');
  const saved = (what: RegExp, hourId: string): number => linesWith(bill, what, /DynamoDB/).reduce((sum, line) => {
    const provisioned = line.quantity.typical / SECONDS_PER_MONTH / utilization * 730 * facts.price(hourId);
    return sum + Math.max(0, line.usd.typical - provisioned);
  }, 0);
  return {
    name: 'provisioned capacity with scaling for tables that are paid by request',
    usd: saved(/^write requests$/, 'dynamodb/provisioned.wcuHour') + saved(/^read requests$/, 'dynamodb/provisioned.rcuHour'),
    price: 'throttling for minutes where the rate rises faster than the scaling follows; at a flat rate none',
    why: `the mean rate at ${100 * utilization} % of the units, against its requests; a rate with high peaks saves less`,
  };
}

function shorterRecovery({ bill }: LeverContext): Lever {
  return {
    name: 'no point-in-time recovery where the audit trail can rebuild a table',
    usd: usdOf(linesWith(bill, /^point-in-time recovery$/)),
    price: 'a table is as old as its last backup after a mistake, and rebuilding it takes hours',
    why: 'lines of point-in-time recovery',
  };
}

/** What each day costs that a row of the ledger is kept; a day more costs as much. */
function shorterLedger({ bill, facts, ledgerDays }: LeverContext): Lever | undefined {
  const lines = linesWith(bill, /^(storage|point-in-time recovery)$/, /DynamoDB/).filter(({ stage }) => stage === 'ledger');
  if (lines.length === 0) {
    return undefined;
  }
  const kept = ledgerDays();
  const days = kept + facts.number('dynamodb/ttl.deleteDays');
  return {
    name: 'rows of the ledger for a day less',
    usd: usdOf(lines) / days,
    price: 'a payment can be refunded, and a repeated one recognized, for a day less',
    why: `storage and point-in-time recovery of ${days} days, ${kept} stated and the rest until rows are deleted; a day more costs as much`,
  };
}

function quieterLogs({ bill, facts }: LeverContext): Lever {
  const logs = linesWith(bill, /^logs in$/);
  const factor = facts.price('cloudwatch/logs.ingestIA.gb') / facts.price('cloudwatch/logs.ingest.gb');
  return {
    name: 'logs of the class Infrequent Access',
    usd: usdOf(logs) * (1 - factor),
    price: 'no live tail, no metric filters and no metrics in the embedded format on these groups',
    why: `logs in, $${Math.round(usdOf(logs))}, at ${100 * factor} % of the price`,
  };
}

function spot({ bill, facts }: LeverContext): Lever {
  const onDemand = linesWith(bill, /On-Demand$/, /ECS::Service/);
  const factor = facts.price('fargate/spot.arm.vcpuHour') / facts.price('fargate/arm.vcpuHour');
  return {
    name: 'half of the tasks that always run on Spot',
    usd: usdOf(onDemand) / 2 * (1 - factor),
    price: 'tasks go at two minutes\' notice, several at a time when capacity is short',
    why: 'lines of tasks On-Demand at the typical price of Spot',
  };
}

function fewerAlarms({ bill }: LeverContext): Lever {
  const metrics = linesWith(bill, /^(own metrics|metrics of events|metrics of shards|Container Insights|custom metrics)$/);
  return {
    name: 'half of the metrics of one\'s own',
    usd: usdOf(metrics) / 2,
    price: 'less to look at when something is wrong',
    why: `${metrics.length} lines of metrics`,
  };
}
