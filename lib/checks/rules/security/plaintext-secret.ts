import type { Topology, TemplateValue } from '../../../topology';
import type { Finding, Rule } from '../../rule';
import { objectOf } from '../../views/values';

const SECRET_NAME = /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SIGNING_?KEY)$/;
/** An access key of AWS, a private key, or a password inside an address. */
const SECRET_VALUE = /\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|:\/\/[^/\s:@]+:[^/\s:@]+@/;
/** What stands for a secret without being one: an address of it, or a word. */
const HARMLESS = /^(arn:|https?:\/\/|\/|parameter-|true$|false$|\d{1,5}$)|^$/;

/** AwsSolutions refuses variables of ECS tasks (ECS2); those of functions it does not look at. */
export const plaintextSecret: Rule = {
  id: 'HT-SECURITY-001',
  severity: 'error',
  what: 'A secret stands in an environment variable of a function.',
  why: 'Everybody who may read the template, the function or its deployment log has it, and it cannot be changed without a deployment.',
  fix: 'Keep it in Secrets Manager or as a SecureString, give the function its name, and read it at start.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html',
  *check({ topology }): Iterable<Finding> {
    for (const resource of topology.ofType('AWS::Lambda::Function')) {
      for (const [name, value] of Object.entries(objectOf(objectOf(resource.properties.Environment).Variables))) {
        const leak = leakOf(name, value, topology);
        if (leak !== undefined) {
          yield { resource, property: `Properties.Environment.Variables.${name}`, message: leak };
        }
      }
    }
  },
};

function leakOf(name: string, value: TemplateValue | undefined, topology: Topology): string | undefined {
  if (typeof value !== 'string') {
    return undefined;
  }
  if (value.includes('{{resolve:secretsmanager:') || value.includes('{{resolve:ssm-secure:')) {
    return `${name} is filled in by the deployment, and stands in the function as plain text`;
  }
  if (SECRET_VALUE.test(value)) {
    return `${name} holds a key or a password`;
  }
  // What a resource of the app is called is no secret.
  const named = HARMLESS.test(value) || topology.find(value) !== undefined;
  return SECRET_NAME.test(name.toUpperCase()) && !named ? `${name} is written into the template` : undefined;
}
