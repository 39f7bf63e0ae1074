import { kafkaClient } from '../../../../lambdas/runtime/kafka/kafka-connection';
import type { Checksum } from '../../../../local/engines/log/partition/record-batch';

/** What a batch of the tests says. */
export interface TestBatch {
  readonly values: readonly string[];
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly sequence?: number;
  readonly transactionalId?: string;
}

/** The checksum and the encoder of the client: what the engine has to understand. */
export async function clientCodec(): Promise<{ checksum: Checksum; batch: (batch: TestBatch) => Buffer }> {
  const { crc32c, createRecordsBatch } = await kafkaClient();
  const topic = 'payments';
  return {
    checksum: crc32c,
    batch: ({ producerEpoch = 0, producerId = -1, sequence = -1, transactionalId, values }) => Buffer.from(createRecordsBatch(
      values.map((value) => ({ topic, partition: 0, value: Buffer.from(value), timestamp: 1_700_000_000_000n })),
      {
        producerId: BigInt(producerId), producerEpoch, transactionalId, compression: 'none',
        sequences: { getWithDefault: () => sequence } as never,
      } as never,
    ).buffer),
  };
}
