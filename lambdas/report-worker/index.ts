import { S3ObjectStore } from '../runtime/aws/object-store';
import { Environment } from '../runtime/configuration/environment';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
import { createReportWorkerHandler } from './handler';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'report-worker';

export const handler = createReportWorkerHandler({
  store: new S3ObjectStore({ bucket: environment.text('REPORT_BUCKET') }),
  metrics: new EmbeddedMetrics({ functionName }),
  logger: new Logger({ context: { functionName } }),
  clock: systemClock,
});
