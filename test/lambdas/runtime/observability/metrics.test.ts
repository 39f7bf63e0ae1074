import { EmbeddedMetrics } from '../../../../lambdas/runtime/observability/metrics';

describe('EmbeddedMetrics', () => {
  it('publishes one line a batch in the embedded metric format', () => {
    const lines: string[] = [];
    const metrics = new EmbeddedMetrics({ functionName: 'worker', now: () => 5, write: (line) => { lines.push(line); } });
    metrics.count('PaymentsApplied');
    metrics.count('PaymentsApplied', 2);
    metrics.count('RecordsParked', 0);
    for (let value = 0; value < 150; value++) {
      metrics.observe('SettleLatency', value);
    }
    metrics.flush();
    metrics.flush();
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0]) as Record<string, unknown> & { SettleLatency: number[] };
    expect(line).toMatchObject({
      _aws: {
        Timestamp: 5,
        CloudWatchMetrics: [{
          Namespace: 'HighThroughput',
          Dimensions: [['FunctionName']],
          Metrics: [{ Name: 'PaymentsApplied', Unit: 'Count' }, { Name: 'SettleLatency', Unit: 'Milliseconds' }],
        }],
      },
      FunctionName: 'worker',
      PaymentsApplied: 3,
    });
    // The format allows no more values than that.
    expect(line.SettleLatency).toHaveLength(100);
  });
});
