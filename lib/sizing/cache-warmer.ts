import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundDown, roundUp } from './arithmetic';
import { Decision } from './decision';
import { formatNumber, formatSeconds } from './format';
import { planned } from './planned';

/** Size of the function that fills the cache in quiet hours. */
export interface CacheWarmerSizing {
  /** Merchants whose entries a run brings into the cache, the hottest first. */
  readonly merchants: number;
  readonly memory: Size;
  readonly timeout: Duration;
  readonly decisions: readonly Decision[];
}

const PATH = 'cache-warmer';
const SLOW_FILL = 'elasticache/fillPerSec.low';
const LONGEST = 'lambda/timeout.maxSec';
const FACTOR = 'target/warmer.timeFactor';
const LEAST = 'target/warmer.leastSeconds';
const MEMORY = 'target/warmer.memoryMiB';

/** Sizes the warmer. Give it the whole workload: all cells share the cache. */
export function sizeCacheWarmer(workload: Workload, facts: Facts = Facts.DEFAULT): CacheWarmerSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), () => []);
}

function sizeOnce(workload: Workload, facts: Facts): CacheWarmerSizing {
  const rate = facts.number(SLOW_FILL);
  const factor = facts.number(FACTOR);
  const longest = facts.number(LONGEST);
  const wanted = workload.keySkew.keys;
  const most = roundDown(longest / factor * rate);
  const merchants = Math.min(wanted, most);
  const timeout = Math.min(longest, Math.max(facts.number(LEAST), roundUp(factor * merchants / rate)));
  const memory = facts.number(MEMORY);
  const decisions = [
    Decision.derive({
      path: PATH,
      name: 'merchants',
      value: merchants,
      unit: 'merchants',
      formula: `min(${formatNumber(wanted)} merchants, ${formatSeconds(longest)} / ${factor} x ${formatNumber(rate)}/s = ${formatNumber(most)}) = ${formatNumber(merchants)}`,
      inputs: { merchants: wanted, entriesPerSecond: rate, factor },
      binding: merchants === wanted ? 'all merchants; payers come when they pay' : 'longest run of a function; the merchants that are left out are the least hot',
      limits: { minimum: 0, because: 'a count' },
      facts: [SLOW_FILL, LONGEST, FACTOR],
    }),
    Decision.derive({
      path: PATH,
      name: 'timeout',
      value: timeout,
      unit: 's',
      formula: `min(${formatSeconds(longest)}, max(${formatSeconds(facts.number(LEAST))}, ${factor} x ${formatNumber(merchants)} / ${formatNumber(rate)}/s)) = ${timeout}`,
      inputs: { merchants, entriesPerSecond: rate, factor },
      binding: timeout === facts.number(LEAST) ? 'time that a slow start may take' : 'the slower rate at which entries are brought in',
      demand: merchants / rate,
      limits: { minimum: 1, maximum: longest, because: 'timeout of a function' },
      facts: [SLOW_FILL, LONGEST, FACTOR, LEAST],
    }),
    Decision.derive({
      path: PATH,
      name: 'memory',
      value: memory,
      unit: 'MiB',
      formula: `design target = ${memory}`,
      inputs: { merchants },
      binding: 'a page of entries is held at a time',
      limits: { minimum: facts.number('lambda/memory.minMB'), maximum: facts.number('lambda/memory.maxMB'), because: 'memory of a function' },
      facts: [MEMORY, 'lambda/memory.minMB', 'lambda/memory.maxMB'],
    }),
  ];
  return { merchants, memory: Size.mebibytes(memory), timeout: Duration.seconds(timeout), decisions };
}
