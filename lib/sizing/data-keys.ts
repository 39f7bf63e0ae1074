import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber, formatSeconds } from './format';
import { constant, CostLine, costDecision, dollars, monthlyCost, MonthlyUsd, storedLine, usageLine } from './monthly-cost';
import { planned } from './planned';
import { cheapest, losers, SizingOption } from './sizing-option';

/** How often AWS KMS is asked for the keys that payloads are encrypted with. */
export type DataKeyCaching = 'per-process' | 'none';

export interface DataKeysSizingProps {
  /**
   * `per-process`: a process encrypts with one data key for some minutes, and remembers those that it has decrypted. `none`: a call for each payment.
   *
   * @default - the cheaper one of those within the quota
   */
  readonly caching?: DataKeyCaching;
  /**
   * Tables with a customer key, each of which asks for its table key for each client.
   *
   * @default 2
   */
  readonly tables?: number;
}

/** Calls to AWS KMS, and their price. */
export interface DataKeysSizing {
  readonly caching: DataKeyCaching;
  /** Both ways, with what they cost. */
  readonly options: readonly DataKeyOption[];
  /** Calls per second at the peak, those of stream, tables and buckets included. */
  readonly callsPerSecond: number;
  /** Life of a data key in a process; 0 where none is kept. */
  readonly timeToLiveSeconds: number;
  /** Payments that one data key encrypts. */
  readonly messagesPerDataKey: number;
  /** Customer keys. */
  readonly keys: number;
  readonly monthlyUsd: MonthlyUsd;
  /** What KMS adds to a payment at the 99th percentile. */
  readonly latencyP99Milliseconds: number;
  /** Why options do not fit, one sentence each. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

/** One way to come by data keys. */
export interface DataKeyOption extends SizingOption {
  readonly caching: DataKeyCaching;
  readonly lines: readonly CostLine[];
  /** At the peak, calls of services included. */
  readonly callsPerSecond: number;
}

const PATH = 'data-keys';
const QUOTA = 'kms/symmetric.requestsPerSec';
const REQUEST = 'kms/request10k';
const KEY_MONTH = 'kms/key.month';
const KEYS = 'target/dataKeys.keys';
const TIME_TO_LIVE = 'target/dataKeys.timeToLiveSeconds';
const PER_PAYMENT = 'target/dataKeys.callsPerPayment';
const PER_PROCESS = 'target/store.paymentsPerProcess';
const MOST_MESSAGES = 'encryption-sdk/dataKey.maxMessages';
const SERVICE_FACTS = ['kinesis/sse.kmsCallsPer5min', 'dynamodb/kms.refreshMinutes', 's3/bucketKey.minutes', PER_PROCESS];
const CALL_FACTS = [TIME_TO_LIVE, PER_PAYMENT, MOST_MESSAGES, ...SERVICE_FACTS];
const PRICE_FACTS = [REQUEST, KEY_MONTH, KEYS];
/** Roles that use a stream: one writes, one reads. */
const PRINCIPALS_OF_STREAM = 2;
const FIVE_MINUTES = 300;

/**
 * Counts the calls to AWS KMS. Give it the whole workload: the quota is shared by everything in the account and region.
 *
 * @throws Error for a stated `caching` of `none` whose calls are above the quota
 */
export function sizeDataKeys(workload: Workload, facts: Facts = Facts.DEFAULT, props: DataKeysSizingProps = {}): DataKeysSizing {
  const tables = props.tables ?? 2;
  if (!(Number.isInteger(tables) && tables >= 0)) {
    throw new Error(`\`tables\` must be a whole number of at least 0, got: ${tables}`);
  }
  return planned(workload, facts, (it) => sizeOnce(it, facts, props.caching, tables), () => []);
}

/** Calls per second of each kind. */
interface Calls {
  readonly rate: number;
  readonly processes: number;
  /** Data keys that are in use at the same time, over all processes. */
  readonly dataKeys: number;
  readonly messagesPerDataKey: number;
  /** Calls for data keys with a cache in each process. */
  readonly cached: number;
  /** Calls with no cache. */
  readonly uncached: number;
  /** Calls that stream, tables and buckets make on their own. */
  readonly services: number;
}

/**
 * With a cache a process asks for one data key each time-to-live, and more where a key has encrypted as much as it may. Each process that decrypts
 * meets the keys of all that encrypt: processes x keys, which is the part that grows fastest.
 */
function callsAt(workload: Workload, rate: number, tables: number, facts: Facts): Calls {
  const processes = Math.max(1, roundUp(rate / facts.number(PER_PROCESS)));
  const seconds = facts.number(TIME_TO_LIVE);
  const each = rate / processes * seconds;
  const dataKeys = processes * Math.max(1, roundUp(each / facts.number(MOST_MESSAGES)));
  const perTable = processes / (60 * facts.number('dynamodb/kms.refreshMinutes'));
  const perBucket = processes / (60 * facts.number('s3/bucketKey.minutes'));
  const perStream = PRINCIPALS_OF_STREAM * facts.number('kinesis/sse.kmsCallsPer5min') / FIVE_MINUTES;
  return {
    rate,
    processes,
    dataKeys,
    messagesPerDataKey: rate * seconds / dataKeys,
    cached: (dataKeys + dataKeys * processes) / seconds,
    uncached: rate * facts.number(PER_PAYMENT),
    services: workload.cells * perStream + tables * perTable + perBucket,
  };
}

function sizeOnce(workload: Workload, facts: Facts, stated: DataKeyCaching | undefined, tables: number): DataKeysSizing {
  const peak = callsAt(workload, workload.peak.perSecond, tables, facts);
  const average = callsAt(workload, workload.average.perSecond, tables, facts);
  const options = [optionOf('per-process', peak, average, facts), optionOf('none', peak, average, facts)];
  const chosen = choose(options, stated, facts);
  const cached = chosen.caching === 'per-process';
  const latency = latencyDecision(peak, cached, facts);
  const messages = messagesDecision(peak, cached, facts);
  const calls = callsDecision(workload, peak, chosen, tables, facts);
  const keys = facts.number(KEYS);
  return {
    caching: chosen.caching,
    options,
    callsPerSecond: calls.value as number,
    timeToLiveSeconds: cached ? facts.number(TIME_TO_LIVE) : 0,
    messagesPerDataKey: messages.value as number,
    keys,
    monthlyUsd: chosen.monthlyUsd,
    latencyP99Milliseconds: latency.value as number,
    excuses: options.flatMap((it) => it.excuses.map((excuse) => `${it.name}: ${excuse}`)),
    decisions: [
      Decision.derive({
        path: PATH,
        name: 'caching',
        value: chosen.caching,
        formula: `${options.map((it) => `${it.name} ${formatNumber(it.callsPerSecond)} calls/s, ${dollars(it.monthlyUsd.typical)}`).join('; ')}: ${chosen.caching}`,
        inputs: { paymentsPerSecond: peak.rate, processes: peak.processes, quota: facts.number(QUOTA) },
        binding: stated === undefined ? 'price of a month among those within the quota' : 'stated',
        rejected: losers(options, chosen),
        facts: [...CALL_FACTS, ...PRICE_FACTS, QUOTA],
      }),
      calls, messages, keysDecision(keys, facts), latency,
      costDecision({ path: PATH, lines: chosen.lines, rejected: losers(options, chosen), facts: [...CALL_FACTS, ...PRICE_FACTS] }),
    ],
  };
}

function optionOf(caching: DataKeyCaching, peak: Calls, average: Calls, facts: Facts): DataKeyOption {
  const callsOf = (it: Calls): number => (caching === 'none' ? it.uncached : it.cached) + it.services;
  const lines = [
    usageLine('KMS requests', { typical: callsOf(average), high: callsOf(peak) }, facts.number(REQUEST) / 10_000),
    storedLine('keys', constant(facts.number(KEYS)), facts.number(KEY_MONTH)),
  ];
  const quota = facts.number(QUOTA);
  return {
    caching,
    name: caching === 'none' ? 'a call for each payment' : 'data keys kept by each process',
    lines,
    monthlyUsd: monthlyCost(lines),
    callsPerSecond: callsOf(peak),
    excuses: callsOf(peak) > quota ? [`${formatNumber(callsOf(peak))} KMS requests/s, the account's quota is ${formatNumber(quota)}`] : [],
  };
}

function choose(options: readonly DataKeyOption[], stated: DataKeyCaching | undefined, facts: Facts): DataKeyOption {
  const [kept] = options;
  const wanted = options.find((it) => it.caching === stated);
  if (wanted?.caching === 'none' && wanted.excuses.length > 0) {
    const most = (facts.number(QUOTA)) / facts.number(PER_PAYMENT);
    throw new Error(`\`caching\` must be 'per-process' above ${formatNumber(most)} payments/s, got: 'none' with ${wanted.excuses.join('; ')}, `
      + 'which everything in the account and region shares');
  }
  // A quota that even the cache exceeds shows as a raise to ask for.
  return wanted ?? cheapest(options) ?? kept;
}

function callsDecision(workload: Workload, peak: Calls, chosen: DataKeyOption, tables: number, facts: Facts): Decision {
  const cached = chosen.caching === 'per-process';
  const value = roundUp(chosen.callsPerSecond);
  const seconds = facts.number(TIME_TO_LIVE);
  const own = cached
    ? `${formatNumber(peak.dataKeys)} data keys x (1 + ${formatNumber(peak.processes)} readers) / ${seconds} s`
    : `${formatNumber(peak.rate)} payments/s x ${facts.number(PER_PAYMENT)}`;
  return Decision.derive({
    path: PATH,
    name: 'callsPerSecond',
    value,
    unit: 'calls/s',
    formula: `${own} + ${formatNumber(peak.services)} by ${workload.cells} stream(s), ${tables} table(s) and buckets, in whole calls = ${formatNumber(value)}`,
    inputs: { processes: peak.processes, dataKeys: peak.dataKeys, ofServices: peak.services, tables, streams: workload.cells },
    binding: cached ? 'each process that decrypts asks once for the key of each that encrypts' : 'each payment asks',
    rejected: cached ? [{ option: 'a call for each payment', because: `${formatNumber(peak.uncached)} calls/s` }] : [],
    quota: quotaUse(facts, QUOTA, value),
    facts: [...CALL_FACTS, QUOTA],
  });
}

function messagesDecision(peak: Calls, cached: boolean, facts: Facts): Decision {
  const most = facts.number(MOST_MESSAGES);
  const seconds = facts.number(TIME_TO_LIVE);
  const value = cached ? roundUp(peak.messagesPerDataKey) : 1;
  return Decision.derive({
    path: PATH,
    name: 'messagesPerDataKey',
    value,
    unit: 'payments',
    formula: cached ? `${formatNumber(peak.rate)} payments/s x ${formatSeconds(seconds)} / ${formatNumber(peak.dataKeys)} data keys = ${formatNumber(value)}`
    : 'a data key for each payment = 1',
    inputs: { timeToLiveSeconds: seconds, dataKeys: peak.dataKeys, maximum: most },
    binding: cached ? 'life of a data key in a process' : 'no data key is used twice',
    rejected: cached ? [{ option: 'a data key a day', because: `one leaked key would open ${formatNumber(value * 86_400 / seconds)} payments` }] : [],
    limits: { minimum: 1, maximum: most, because: 'messages under one key before random numbers may repeat' },
    facts: CALL_FACTS,
  });
}

function keysDecision(keys: number, facts: Facts): Decision {
  return Decision.derive({
    path: PATH,
    name: 'keys',
    value: keys,
    unit: 'keys',
    formula: `one each for stream, tables, archive and payloads = ${keys}`,
    inputs: { usdOfKeyAndMonth: facts.number(KEY_MONTH) },
    binding: 'who may use one of them must not have the others as well',
    rejected: [{ option: 'one key for all', because: `saves ${dollars((keys - 1) * facts.number(KEY_MONTH))} a month, and who may read the archive may read payloads` }],
    limits: { minimum: 1, because: 'data is encrypted' },
    facts: [KEYS, KEY_MONTH],
  });
}

/** A payment waits for KMS only if its process has no data key; with fewer than one in a hundred, not at the 99th percentile. */
function latencyDecision(peak: Calls, cached: boolean, facts: Facts): Decision {
  const call = facts.number('kms/request.p99.default');
  const seconds = facts.number(TIME_TO_LIVE);
  const waiting = cached ? Math.min(1, peak.dataKeys / seconds / peak.rate) : 1;
  const value = waiting >= 0.01 ? call : 0;
  return Decision.derive({
    path: PATH,
    name: 'latencyP99',
    value,
    unit: 'ms',
    formula: `${formatNumber(100 * waiting)} % of payments wait ${call} ms for a data key; at the 99th percentile = ${value}`,
    inputs: { waitingShare: waiting, callMilliseconds: call },
    binding: value === 0 ? 'fewer than one payment in a hundred waits' : 'a payment waits for KMS',
    rejected: value === 0 ? [{ option: 'a call for each payment', because: `${call} ms more at the 99th percentile` }] : [],
    facts: [...CALL_FACTS, 'kms/request.p99.default'],
  });
}
