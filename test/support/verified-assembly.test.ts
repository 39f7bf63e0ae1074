import { withShorterWaits } from './verified-assembly';

describe('a template for verification', () => {
  it('hides messages for a third of the time, and is the same in all else', () => {
    const template = (hidden: number) => JSON.stringify({
      Resources: {
        Refunds: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: hidden, MessageRetentionPeriod: 1_209_600 } },
        Failures: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1_209_600 } },
        Other: { Type: 'Custom::Other', Properties: { VisibilityTimeout: 180 } },
        Bare: { Type: 'AWS::SQS::Queue' },
      },
    }, undefined, 1);
    expect(withShorterWaits(template(180))).toBe(template(60));
    expect(withShorterWaits(template(725))).toBe(template(242));
  });

  it('is left as it is without queues', () => {
    const text = '{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}';
    expect(withShorterWaits(text)).toBe(text);
  });
});
