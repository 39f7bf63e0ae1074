import type { ComparedSide, Comparison } from './comparison';
import type { CodecSideArgument } from './sides/codec-side';

export const DIRECTIONS = ['encode', 'decode'] as const;
export type Direction = typeof DIRECTIONS[number];

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  protobufjs: 'protobufjs, its compiled functions, records built by hand; no checks',
  awsKinesisAgg: 'aws-kinesis-agg with checksums',
  'protobuf plain': 'JSON',
  'aggregate plain': 'protobufjs for the message, magic bytes and digest by node:crypto',
  'protobuf kit': 'payment codec: strict UTF-8, complete records only',
  'aggregate kit': 'KPL aggregate with checksums',
};

/** Records of the stream, or aggregates of 80 of them, written or read. */
export function codecComparison(format: CodecSideArgument['format'], direction: Direction): Comparison {
  const peer = format === 'protobuf' ? 'protobufjs' : 'awsKinesisAgg';
  const sides = [peer, 'plain', 'kit'].map((codec): ComparedSide => ({
    name: codec,
    description: DESCRIPTIONS[codec] ?? DESCRIPTIONS[`${format} ${codec}`],
    module: 'codec-side',
    argument: { format, codec, direction } satisfies CodecSideArgument,
    items: 160_000,
    warmUpItems: 240_000,
  }));
  return { title: `${format} ${direction}`, sides, ours: 'kit', digits: 3 };
}
