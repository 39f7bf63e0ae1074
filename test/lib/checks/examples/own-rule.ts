import { type Finding, HighThroughputChecks, type Rule, RULES } from '../../../../lib/checks';

export const taggedTables: Rule = {
  id: 'ACME-TABLE-001',
  severity: 'warning',
  what: 'A table has no owner.',
  why: 'When it is throttled at night, nobody knows whom to call.',
  fix: 'Tag it with `owner`.',
  source: 'https://wiki.example.com/owners',
  *check({ topology }): Iterable<Finding> {
    for (const resource of topology.ofType('AWS::DynamoDB::Table')) {
      const tags = (resource.properties.Tags ?? []) as { readonly Key: string }[];
      if (!tags.some(({ Key }) => Key === 'owner')) {
        yield { resource, property: 'Properties.Tags', message: 'there is no tag `owner`' };
      }
    }
  },
};

export const checks = new HighThroughputChecks({ rules: [...RULES, taggedTables] });
