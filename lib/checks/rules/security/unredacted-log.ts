import type { Finding, Rule } from '../../rule';
import { listOf, objectOf } from '../../views/values';

export const unredactedLog: Rule = {
  id: 'HT-SECURITY-008',
  severity: 'warning',
  what: 'The log of a web ACL holds the tokens of clients.',
  why: 'Each logged request carries its Authorization header: whoever reads the log can act as the client until the token expires.',
  fix: 'List the header authorization in RedactedFields, and cookie where clients send one.',
  source: 'https://docs.aws.amazon.com/waf/latest/developerguide/logging-management.html',
  *check({ topology }): Iterable<Finding> {
    for (const resource of topology.ofType('AWS::WAFv2::LoggingConfiguration')) {
      const headers = listOf(resource.properties.RedactedFields)
        .map((it) => objectOf(objectOf(it).SingleHeader))
        .map((it) => String(it.Name ?? it.name).toLowerCase());
      if (!headers.includes('authorization')) {
        yield { resource, property: 'Properties.RedactedFields', message: 'the header authorization is logged as it is' };
      }
    }
  },
};
