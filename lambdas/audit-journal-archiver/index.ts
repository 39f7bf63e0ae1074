import { Environment } from '../runtime/configuration/environment';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { portsFromEnvironment } from './configuration';
import { createJournalArchiverHandler } from './handler';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'audit-journal-archiver';

export const handler = createJournalArchiverHandler(
  portsFromEnvironment(environment, new Logger({ context: { functionName } }), new EmbeddedMetrics({ functionName })));
