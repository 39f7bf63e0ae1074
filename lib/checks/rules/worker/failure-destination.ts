import type { Rule } from '../../rule';
import { streamMappings } from '../../views/event-source-mappings';

export const failureDestination: Rule = {
  id: 'HT-WORKER-002',
  severity: 'error',
  what: 'What a stream mapping gives up goes nowhere.',
  why: 'A record that is given up, for its age or after its retries, is lost without a trace: nobody can tell which payment it was.',
  fix: 'Set DestinationConfig.OnFailure to an S3 bucket (onFailure: new S3OnFailureDestination(bucket)): it gets the records themselves.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
  *check(context) {
    for (const { resource, failureDestination: destination } of streamMappings(context)) {
      if (destination === undefined) {
        yield { resource, property: 'Properties.DestinationConfig', message: 'there is no OnFailure destination' };
      }
    }
  },
};
