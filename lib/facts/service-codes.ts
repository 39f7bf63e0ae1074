/** Codes of Service Quotas, where they differ from the name that the data files give a service. */
const CODES: { readonly [service: string]: string } = {
  'alb': 'elasticloadbalancing',
  'aurora': 'rds',
  'aurora-dsql': 'dsql',
  'cloudwatch': 'monitoring',
  'cloudwatch-logs': 'logs',
  'eventbridge': 'events',
  'flink': 'kinesisanalytics',
  'keyspaces': 'cassandra',
  'lambda-esm': 'lambda',
  'lambda-managed-instances': 'lambda',
  'msk': 'kafka',
  'nlb': 'elasticloadbalancing',
  'rds-proxy': 'rds',
  'stepfunctions': 'states',
  'waf': 'wafv2',
};

/** Services that carry the same name there. */
const SAME = new Set([
  'apigateway', 'backup', 'budgets', 'cloudformation', 'cloudfront', 'dynamodb', 'ec2', 'eks', 'elasticache', 'fargate', 'firehose', 'kinesis', 'kms', 'lambda',
  'rds', 's3', 'secretsmanager', 'sns', 'sqs', 'vpc',
]);

/** The code under which Service Quotas keeps the quotas of a service (`--service-code` of its calls); undefined where there is none. */
export function quotaServiceCode(service: string): string | undefined {
  return CODES[service] ?? (SAME.has(service) ? service : undefined);
}
