import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export function acceptSlowDelivery(mapping: IConstruct): void {
  Validations.of(mapping).acknowledge({
    id: 'HighThroughput::HT-STREAM-004',
    reason: 'Reports are read once an hour; nobody waits for a second. Agreed with the reporting team in May.',
  });
}
