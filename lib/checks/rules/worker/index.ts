import type { Rule } from '../../rule';
import { accountConcurrency } from './account-concurrency';
import { defaultMemory } from './default-memory';
import { defaultTimeout } from './default-timeout';
import { expiryBeforeGivingUp } from './expiry-before-giving-up';
import { failureDestination } from './failure-destination';
import { feedbackLoop } from './feedback-loop';
import { fewReceives } from './few-receives';
import { fewRetries } from './few-retries';
import { kafkaRetries } from './kafka-retries';
import { kafkaTimeout } from './kafka-timeout';
import { lanesWithAggregation } from './lanes-with-aggregation';
import { lanesWithWindow } from './lanes-with-window';
import { latestPosition } from './latest-position';
import { lostEvents } from './lost-events';
import { metadataOnlyDestination } from './metadata-only-destination';
import { noExecutions } from './no-executions';
import { partialBatchResponse } from './partial-batch-response';
import { queueConcurrency } from './queue-concurrency';
import { shortLivedDeadLetters } from './short-lived-dead-letters';
import { splitOnError } from './split-on-error';
import { switchedOff } from './switched-off';
import { tooFewExecutions } from './too-few-executions';
import { visibilityTimeout } from './visibility-timeout';

export const WORKER_RULES: readonly Rule[] = [
  partialBatchResponse, failureDestination, splitOnError, expiryBeforeGivingUp, fewRetries, metadataOnlyDestination,
  lanesWithAggregation, lanesWithWindow, tooFewExecutions, noExecutions, accountConcurrency, latestPosition,
  kafkaRetries, kafkaTimeout, visibilityTimeout, fewReceives, defaultTimeout, defaultMemory,
  lostEvents, feedbackLoop, queueConcurrency, shortLivedDeadLetters, switchedOff,
];
