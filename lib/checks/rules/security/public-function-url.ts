import type { Rule } from '../../rule';

export const publicFunctionUrl: Rule = {
  id: 'HT-SECURITY-005',
  severity: 'warning',
  what: 'A function can be called from the internet by anybody.',
  why: 'No web ACL, no throttle and no identity stands before it: each call takes a unit of the concurrency that the rest of the account lives on.',
  fix: 'Set AuthType to AWS_IAM, or put a load balancer or CloudFront with a web ACL in front. For a public webhook, say so and acknowledge.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
  *check({ topology }) {
    for (const resource of topology.ofType('AWS::Lambda::Url')) {
      if (resource.properties.AuthType === 'NONE') {
        yield { resource, property: 'Properties.AuthType', message: 'AuthType is NONE' };
      }
    }
  },
};
