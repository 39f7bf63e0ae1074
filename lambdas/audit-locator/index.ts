import { S3ObjectStore } from '../runtime/aws/object-store';
import { Environment } from '../runtime/configuration/environment';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
import { createAuditLocatorHandler } from './handler';
import { keyspacesClient, KeyspacesLocatorTable } from './keyspaces-table';

// Made once for each execution environment, so that connections are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'audit-locator';
const table = {
  region: environment.text('AWS_REGION'),
  keyspace: environment.text('LOCATOR_KEYSPACE'),
  table: environment.text('LOCATOR_TABLE'),
};

export const handler = createAuditLocatorHandler({
  objects: new S3ObjectStore({ bucket: environment.text('AUDIT_BUCKET') }),
  locators: new KeyspacesLocatorTable(keyspacesClient(table), table),
  metrics: new EmbeddedMetrics({ functionName }),
  logger: new Logger({ context: { functionName } }),
  clock: systemClock,
});
