import { ArchiveHeadTable } from '../runtime/archive/archive-heads';
import { AwsJsonClient } from '../runtime/aws/json-client';
import { S3ObjectStore } from '../runtime/aws/object-store';
import { Environment } from '../runtime/configuration/environment';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { createAuditArchiverHandler } from './handler';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'audit-archiver';

export const handler = createAuditArchiverHandler({
  objects: new S3ObjectStore({ bucket: environment.text('AUDIT_BUCKET') }),
  heads: new ArchiveHeadTable({ dynamodb: new AwsJsonClient({ service: 'dynamodb' }), table: environment.text('AUDIT_HEAD_TABLE') }),
  metrics: new EmbeddedMetrics({ functionName }),
  logger: new Logger({ context: { functionName } }),
});
