import type { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import type { KinesisStreamBase } from './kinesis-stream-base';

/** The alarms of a Kinesis stream: `WriteThrottled`, `ReadThrottled` and `ReadersBehind`. */
export function createKinesisAlarms(scope: Construct, stream: KinesisStreamBase, options?: AlarmOptions): AlarmSet {
  const alarms = new AlarmSet(scope, 'Alarms', options);
  alarms.add('WriteThrottled', {
    metric: stream.metricWriteThrottled(),
    description: 'A shard refused records: more is written than the stream was sized for, or one partition key is too hot.',
    threshold: 0,
  });
  alarms.add('ReadThrottled', {
    metric: stream.metricReadThrottled(),
    description: 'A shard refused reads: its shared consumers together read more than one shard allows.',
    threshold: 0,
  });
  alarms.add('ReadersBehind', {
    metric: stream.metricIteratorAge(),
    description: 'A shared consumer is so far behind that records are on their way to expire unread.',
    threshold: stream.retention.toMilliseconds() * DEFAULTS.alarm.shareOfRecordAge,
    evaluationPeriods: 1,
  });
  return alarms;
}
