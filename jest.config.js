const { availableParallelism } = require('node:os');

/** Unit tests, properties and one short local run. Types are checked by `npm run typecheck`. */
/** @type {import('jest').Config} */
module.exports = {
  // No test depends on how fast the machine is; this only ends one that hangs.
  testTimeout: 60_000,
  rootDir: __dirname,
  // The default leaves one core idle, which is half of a small machine; and a good part of the tests waits for processes, not for a core.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.(ts|js)$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }] },
  // jose and the Kafka client are published as ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!jose/|@platformatic/)'],
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/cdk.out/', '<rootDir>/.local/', '<rootDir>/dist/'],
  testPathIgnorePatterns: ['/node_modules/', '\\.deep\\.test\\.ts$'],
  setupFiles: ['<rootDir>/test/support/setup.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};
