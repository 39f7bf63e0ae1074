// The built-in CloudFormation validation starts a WASM engine in every test file: `.ci/run` runs it once, on the whole app.
process.env.CDK_VALIDATION ??= 'false';
