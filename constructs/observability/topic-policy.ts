import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';

/** Lets services publish to a topic on behalf of this account. Does nothing for a topic that was made elsewhere: its own policy must. */
export function letPublish(topic: sns.ITopic, services: readonly string[], sid?: string): void {
  topic.addToResourcePolicy(new iam.PolicyStatement({
    sid,
    principals: services.map((service) => new iam.ServicePrincipal(service)),
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(topic).account } },
  }));
}
