import * as fs from 'node:fs';
import * as path from 'node:path';
import { bundle, type Bundles } from '../harness/bundle';

/** Every side, by its module under `sides/`, without the ending. The peers' codecs stay as they were published. */
export function bundleSides(): Promise<Bundles> {
  const names = fs.readdirSync(path.join(__dirname, 'sides')).filter((name) => name.endsWith('-side.ts')).map((name) => path.basename(name, '.ts'));
  return bundle(Object.fromEntries(names.map((name) => [name, `benchmarks/runtime/sides/${name}.ts`])), ['protobufjs', 'aws-kinesis-agg']);
}
