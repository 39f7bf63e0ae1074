import type { TemplateValue, TopologyResource } from '../../../topology';
import type { Finding, Rule } from '../../rule';
import { statementsOf } from '../../views/policies';

/** Where the policies of data lie, by type. */
const POLICIES: { readonly [type: string]: string } = {
  'AWS::DynamoDB::Table': 'ResourcePolicy.PolicyDocument',
  'AWS::KMS::Key': 'KeyPolicy',
  'AWS::KMS::ReplicaKey': 'KeyPolicy',
  'AWS::Kinesis::ResourcePolicy': 'ResourcePolicy',
  'AWS::SNS::TopicPolicy': 'PolicyDocument',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
  'AWS::SecretsManager::ResourcePolicy': 'ResourcePolicy',
};

export const openPolicy: Rule = {
  id: 'HT-SECURITY-002',
  severity: 'error',
  what: 'The policy of a data resource lets everybody in.',
  why: 'Any AWS account can read, write or use it: nothing else stands between it and the internet.',
  fix: 'Name the principals, or bind the statement by a condition: aws:SourceAccount, aws:SourceArn, aws:PrincipalOrgID, kms:CallerAccount.',
  source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html',
  *check({ topology }): Iterable<Finding> {
    for (const resource of topology.ofType(...Object.keys(POLICIES))) {
      const path = POLICIES[resource.type];
      const open = statementsOf(documentAt(resource, path)).find((it) => it.allows && !it.hasCondition && it.principals.AWS?.includes('*') === true);
      if (open !== undefined) {
        yield { resource, property: `Properties.${path}`, message: `everybody may ${open.actions.join(', ')}` };
      }
    }
  },
};

function documentAt(resource: TopologyResource, path: string): TemplateValue | undefined {
  return path.split('.').reduce<TemplateValue | undefined>((value, key) => (value as { readonly [name: string]: TemplateValue } | undefined)?.[key], resource.properties);
}
