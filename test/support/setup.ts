// The built-in CloudFormation validation starts a WASM engine in every test file: `.ci/run` runs it once, on the whole app.
process.env.CDK_VALIDATION ??= 'false';

// Processes that tests start need not compile themselves, each one anew.
jest.mock('../../local/processes/entry', () => jest.requireActual('./compiled-entry'));
