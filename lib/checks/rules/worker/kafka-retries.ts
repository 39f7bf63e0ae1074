import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';

const NEEDS_POLLERS = ['MaximumRetryAttempts', 'MaximumRecordAgeInSeconds', 'BisectBatchOnFunctionError', 'FunctionResponseTypes'] as const;

export const kafkaRetries: Rule = {
  id: 'HT-WORKER-013',
  severity: 'error',
  what: 'A Kafka mapping bounds its retries without pollers of its own.',
  why: 'Retries, splitting and reports of single failures exist for Kafka only with provisioned pollers. Without them a failing batch is repeated for ever.',
  fix: 'Set ProvisionedPollerConfig (provisionedPollerConfig) with the pollers that the rate needs.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html',
  *check(context) {
    for (const { resource, hasProvisionedPollers } of mappingsOf(context, 'kafka')) {
      const stated = NEEDS_POLLERS.filter((property) => resource.properties[property] !== undefined);
      if (!hasProvisionedPollers && stated.length > 0) {
        yield { resource, property: `Properties.${stated[0]}`, message: `${stated.join(' and ')} without ProvisionedPollerConfig` };
      }
    }
  },
};
