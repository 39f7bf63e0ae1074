import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ALARM_PERIOD } from '../observability/alarm-set';
import type { KafkaArns } from './kafka-arns';

/** Metrics of a cluster in CloudWatch, each with the dimensions that MSK publishes it under. */
export class KafkaMetrics {
  constructor(private readonly arns: KafkaArns, private readonly topicName: string) {}

  /** Of the whole cluster. */
  ofCluster(metricName: string, statistic: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(metricName, statistic, {}, options);
  }

  /** Of one broker. */
  ofBroker(broker: string, metricName: string, statistic: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(metricName, statistic, { 'Broker ID': broker }, options);
  }

  /** Of one consumer group in the topic. */
  ofGroup(consumerGroup: string, metricName: string, statistic: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(metricName, statistic, { 'Consumer Group': consumerGroup, 'Topic': this.topicName }, options);
  }

  private metric(
    metricName: string, statistic: string, dimensions: { [name: string]: string }, options?: cloudwatch.MetricOptions,
  ): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Kafka',
      metricName,
      dimensionsMap: { 'Cluster Name': this.arns.clusterName, ...dimensions },
      statistic,
      period: ALARM_PERIOD,
      ...options,
    });
  }
}
