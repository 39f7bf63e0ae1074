import { KafkaGroup } from '../../../../lambdas/runtime/kafka/kafka-group';
import { KafkaWriter } from '../../../../lambdas/runtime/kafka/kafka-writer';
import { KafkaEngine } from '../../../../local/engines/log';
import { CONTRACT_PARTITIONS, RECORD_LOG_CONTRACT } from '../../../lambdas/runtime/kafka/record-log-contract';
import { connectionTo, until } from './support';

/** The same as `test/external/kafka/contract-check.ts` asks of an Apache Kafka. */
describe('what every log promises, kept by the engine and the client', () => {
  const checks = Object.entries(RECORD_LOG_CONTRACT);
  const topics = checks.map((_, index) => `contract-${index}`);
  let engine: KafkaEngine;

  beforeAll(async () => {
    engine = await KafkaEngine.start({ topics: topics.map((name) => ({ name, partitions: CONTRACT_PARTITIONS })) });
  });

  afterAll(() => engine.close());

  it.each(checks.map(([name, check], index) => ({ name, check, topic: topics[index] })))('$name', async ({ check, topic }) => {
    const writer = new KafkaWriter({ ...connectionTo(engine), topic });
    await check({ writer, group: new KafkaGroup({ ...connectionTo(engine), topic, group: `readers-of-${topic}`, heartbeatMilliseconds: 50 }), until });
    await writer.close();
  });
});
