import { KafkaEngine } from '../../../../local/engines/log';
import { clientCodec } from './batches';
import { PROTOCOL_CONTRACT, PROTOCOL_PARTITIONS } from './protocol-contract';

/** `test/external/kafka/contract-check.ts` asks the same of an Apache Kafka. */
describe('the protocol of Kafka, as the engine speaks it', () => {
  const checks = Object.entries(PROTOCOL_CONTRACT).map(([name, check], index) => ({ name, check, topic: `topic-${index}` }));
  let engine: KafkaEngine;

  beforeAll(async () => {
    engine = await KafkaEngine.start({ topics: checks.map(({ topic }) => ({ name: topic, partitions: PROTOCOL_PARTITIONS })) });
  });

  afterAll(() => engine.close());

  it.each(checks)('$name', async ({ check, topic }) => {
    await check({ port: engine.port, topic, batch: (await clientCodec()).batch });
  });
});
