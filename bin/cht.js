#!/usr/bin/env node
'use strict';
// Runs the build where there is one, else the sources through tsx. A build older than the sources beside it is passed over.
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');

const root = path.join(__dirname, '..');
const source = path.join(root, 'cli', 'main.ts');
const built = path.join(root, 'build', 'cli', 'main.js');

if (!fs.existsSync(source) || isCurrent(built)) {
  require(built);
} else {
  let loader;
  try {
    loader = require.resolve('tsx', { paths: [root] });
  } catch {
    process.stderr.write('cht: the sources need the development dependencies of this checkout. Run "npm ci" first.\n');
    process.exit(1);
  }
  const child = spawn(process.execPath, ['--import', require('node:url').pathToFileURL(loader).href, source, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the whole process group: the child decides when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => (signal === 'SIGINT' ? undefined : child.kill(signal)));
  }
  child.on('exit', (code, signal) => process.exit(signal ? 128 : (code ?? 1)));
}

/** Whether the build was made after the last change of any source. */
function isCurrent(file) {
  const build = fs.statSync(file, { throwIfNoEntry: false });
  return build !== undefined && ['apps', 'cli', 'constructs', 'lambdas', 'lib', 'local'].every((folder) => newest(path.join(root, folder)) <= build.mtimeMs);
}

function newest(file) {
  const stat = fs.statSync(file);
  return stat.isDirectory() ? Math.max(0, ...fs.readdirSync(file).map((entry) => newest(path.join(file, entry)))) : stat.mtimeMs;
}
