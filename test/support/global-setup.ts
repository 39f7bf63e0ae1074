import { bundleLambdas } from '../../lambdas/bundle';
import { compiledSources } from './compiled-sources';

/** Constructs refer to the bundled handlers, and tests start the compiled sources: both must be there before the first test. */
export default async function globalSetup(): Promise<void> {
  await bundleLambdas();
  compiledSources();
}
