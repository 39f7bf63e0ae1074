import type { Rule } from '../../rule';
import { streamMappings } from '../../views/event-source-mappings';

/** Attempts end in seconds, an outage does not. Where the records are kept in full, giving up early is a choice that can be mended. */
export const fewRetries: Rule = {
  id: 'HT-WORKER-005',
  severity: 'warning',
  what: 'A few failed attempts end in the loss of valid records.',
  why: 'Attempts do not know why they fail: a dependency that is away for a minute uses all of them up, for every batch that comes by.',
  fix: 'Leave MaximumRetryAttempts at -1 and bound the age instead, or send what is given up to S3, where the records are kept.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-errors.html',
  *check(context) {
    for (const { resource, maximumRetryAttempts, failureDestination } of streamMappings(context)) {
      const enough = context.factsFor(resource).number('target/check.retryAttempts');
      const keepsRecords = failureDestination?.kind === 's3' || failureDestination?.kind === 'kafka';
      if (maximumRetryAttempts < enough && !keepsRecords) {
        const kept = failureDestination === undefined ? 'then the records are dropped' : 'then only their place in the stream is kept';
        yield { resource, property: 'Properties.MaximumRetryAttempts', message: `${maximumRetryAttempts} retries, ${kept}` };
      }
    }
  },
};
