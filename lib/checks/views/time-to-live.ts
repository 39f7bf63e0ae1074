import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { tablesWrittenBy } from './payment-writes';
import type { TableView } from './tables';
import { numberOf, objectOf } from './values';

/** A function that is told by an environment variable how long the items live that it writes. */
export interface TimeToLiveVariable {
  readonly resource: TopologyResource;
  readonly variable: string;
  readonly seconds: number;
  /** The tables that the function may write to. */
  readonly tables: readonly TableView[];
}

const SECONDS: { readonly [unit: string]: number } = { SECOND: 1, MINUTE: 60, HOUR: 3600, DAY: 86_400 };

/** All variables whose name tells a time to live and its unit: `LEDGER_TTL_SECONDS`, `TIME_TO_LIVE_DAYS`. */
export function timeToLiveVariables(context: CheckContext): readonly TimeToLiveVariable[] {
  return context.once(readVariables);
}

function readVariables(context: CheckContext): readonly TimeToLiveVariable[] {
  return context.topology.ofType('AWS::Lambda::Function').flatMap((resource) =>
    Object.entries(objectOf(objectOf(resource.properties.Environment).Variables)).flatMap(([variable, value]) => {
      const unit = /(?:^|_)(?:TTL|TIME_TO_LIVE)(?:_IN)?_(SECOND|MINUTE|HOUR|DAY)S?$/.exec(variable.toUpperCase())?.[1];
      const amount = numberOf(value);
      return unit === undefined || amount === undefined
        ? []
        : [{ resource, variable, seconds: amount * SECONDS[unit], tables: tablesWrittenBy(context, resource) }];
    }));
}
