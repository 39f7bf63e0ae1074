import * as fs from 'node:fs';
import * as path from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import * as ts from 'typescript';

export const ROOT = path.join(__dirname, '..', '..');
/** Where the reviewed reports are. */
export const REPORTS = path.join(ROOT, 'docs', 'public-api');
/** Declarations that reports are made of; made anew each time. */
const DECLARATIONS = path.join(ROOT, '.local', 'public-api');

/** What users may import, by the name of its report. */
export const ENTRY_POINTS: { readonly [name: string]: string } = {
  index: 'index.ts',
  checks: 'lib/checks/index.ts',
  cost: 'lib/cost/index.ts',
  kubernetes: 'constructs/kubernetes/index.ts',
  testing: 'lib/testing/index.ts',
  topology: 'lib/topology/index.ts',
  runtime: 'lambdas/runtime/index.ts',
};

/** The public API of each entry point as it is now, by the name of its report. */
export function currentReports(): { [name: string]: string } {
  emitDeclarations();
  return Object.fromEntries(Object.keys(ENTRY_POINTS).map((name) => [name, extract(name)]));
}

function emitDeclarations(): void {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.build.json'), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(
    { ...config, include: undefined, exclude: undefined, files: Object.values(ENTRY_POINTS) }, ts.sys, ROOT,
  );
  const program = ts.createProgram(fileNames, {
    ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, inlineSourceMap: false, inlineSources: false, outDir: DECLARATIONS,
  });
  fs.rmSync(DECLARATIONS, { recursive: true, force: true });
  program.emit();
}

function extract(name: string): string {
  const reportFolder = path.join(DECLARATIONS, 'reports');
  const mainEntryPointFilePath = path.join(DECLARATIONS, ENTRY_POINTS[name].replace(/\.ts$/, '.d.ts'));
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions: { target: 'es2022', module: 'node16', moduleResolution: 'node16', skipLibCheck: true, types: ['node'] }, files: [mainEntryPointFilePath] } },
      apiReport: { enabled: true, reportFileName: name, reportFolder, reportTempFolder: path.join(reportFolder, 'temporary'), includeForgottenExports: false },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(ROOT, 'package.json'),
  });
  fs.mkdirSync(reportFolder, { recursive: true });
  Extractor.invoke(config, { localBuild: true, showVerboseMessages: false, messageCallback: (message) => {
    message.handled = true;
  } });
  return fs.readFileSync(path.join(reportFolder, `${name}.api.md`), 'utf8');
}
