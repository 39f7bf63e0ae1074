import { Facts } from '../facts';
import { ConsistencyLevel } from '../workload';

const EVENTUAL = 'dynamodb/read.eventualFactor';
const REPEATED = 'target/consistency.repeatShare';

/**
 * Read units of a read of up to 4 KiB at a level, where a consistent one takes 1. With read-your-writes the first read is an eventually consistent
 * one, and few are repeated.
 */
export function readUnitsFactor(level: ConsistencyLevel, facts: Facts = Facts.DEFAULT): number {
  switch (level.name) {
    case 'strong':
      return 1;
    case 'readYourWrites':
      return facts.number(EVENTUAL) + facts.number(REPEATED);
    case 'eventual':
      return facts.number(EVENTUAL);
  }
}

/** Facts that `readUnitsFactor` reads at a level. */
export function readUnitsFacts(level: ConsistencyLevel): readonly string[] {
  return { strong: [], readYourWrites: [EVENTUAL, REPEATED], eventual: [EVENTUAL] }[level.name];
}
