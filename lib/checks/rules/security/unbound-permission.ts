import type { Finding, Rule } from '../../rule';
import { textOf } from '../../views/values';

/** Services that call for a resource which can belong to anybody. */
const CALLS_FOR_OTHERS = new Set(['s3.amazonaws.com', 'sns.amazonaws.com', 'events.amazonaws.com', 'apigateway.amazonaws.com', 'iot.amazonaws.com',
  'logs.amazonaws.com', 'ses.amazonaws.com', 'elasticloadbalancing.amazonaws.com', 'config.amazonaws.com', 'scheduler.amazonaws.com']);

export const unboundPermission: Rule = {
  id: 'HT-SECURITY-003',
  severity: 'warning',
  what: 'A service may call a function for anybody.',
  why: 'Somebody else can point a bucket, topic or API of an account of their own at the function: the service calls it, and it is allowed to.',
  fix: 'Set SourceArn to the resource that may call, and SourceAccount where its ARN names no account (S3).',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html',
  *check({ topology }): Iterable<Finding> {
    for (const resource of topology.ofType('AWS::Lambda::Permission')) {
      const { Principal, SourceArn, SourceAccount, PrincipalOrgID, FunctionUrlAuthType } = resource.properties;
      const principal = textOf(Principal) ?? '';
      const bound = [SourceArn, SourceAccount, PrincipalOrgID].some((it) => it !== undefined);
      if (!bound && (CALLS_FOR_OTHERS.has(principal) || (principal === '*' && FunctionUrlAuthType === undefined))) {
        yield { resource, property: 'Properties.SourceArn', message: `${principal === '*' ? 'everybody' : principal} may call it, whoever's resource it calls for` };
      }
    }
  },
};
