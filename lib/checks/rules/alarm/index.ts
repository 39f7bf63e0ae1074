import type { Rule } from '../../rule';
import { deadLetters } from './dead-letters';
import { iteratorAge } from './iterator-age';
import { lateThreshold } from './late-threshold';
import { mutedTopic } from './muted-topic';
import { noAction } from './no-action';
import { queueBacklog } from './queue-backlog';
import { silentHeartbeat } from './silent-heartbeat';
import { slowAlarm } from './slow-alarm';
import { undeliveredFailures } from './undelivered-failures';
import { unknownMetric } from './unknown-metric';
import { unreachedResource } from './unreached-resource';
import { workerErrors } from './worker-errors';

export const ALARM_RULES: readonly Rule[] = [
  unreachedResource, unknownMetric, noAction, iteratorAge, undeliveredFailures, workerErrors, queueBacklog, deadLetters, lateThreshold,
  silentHeartbeat, slowAlarm, mutedTopic,
];
