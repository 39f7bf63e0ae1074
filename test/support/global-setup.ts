import { bundleLambdas } from '../../lambdas/bundle';

/** Constructs refer to the bundled handlers, so they must be there before the first test. */
export default async function globalSetup(): Promise<void> {
  await bundleLambdas();
}
