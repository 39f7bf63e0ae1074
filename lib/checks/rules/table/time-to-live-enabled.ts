import type { Finding, Rule } from '../../rule';
import { timeToLiveVariables } from '../../views/time-to-live';

export const timeToLiveEnabled: Rule = {
  id: 'HT-TABLE-008',
  severity: 'warning',
  what: 'A function is told how long items live, but no table that it writes deletes any.',
  why: 'The attribute is written and ignored: the table grows for ever, and so do its bill and the time that a restore takes.',
  fix: 'Enable TimeToLiveSpecification on the table, with the attribute that the function writes.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-how-to.html',
  *check(context): Iterable<Finding> {
    for (const { resource, variable, tables } of timeToLiveVariables(context)) {
      if (tables.length > 0 && tables.every((it) => it.timeToLiveAttribute === undefined)) {
        yield {
          resource: tables[0].resource,
          property: 'Properties.TimeToLiveSpecification',
          message: `${resource.logicalId} is given ${variable}, and no table that it writes has a time to live`,
        };
      }
    }
  },
};
