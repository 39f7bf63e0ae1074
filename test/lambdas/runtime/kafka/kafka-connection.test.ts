import { clientOptions, isKafkaError } from '../../../../lambdas/runtime/kafka/kafka-connection';
import { KafkaGroup } from '../../../../lambdas/runtime/kafka/kafka-group';

const BROKERS = ['b-1.example.com:9098'];

describe('how a Kafka is reached', () => {
  it('is over TLS with the name of the broker, and says who it is when it can', async () => {
    const { sasl, tls, tlsServerName } = clientOptions({ brokers: BROKERS, tls: 'system', token: async () => 'token' });
    expect([tls, tlsServerName, sasl!.mechanism]).toEqual([{ rejectUnauthorized: true }, true, 'OAUTHBEARER']);
    expect(await (sasl!.token as () => Promise<string>)()).toBe('token');
  });

  it('trusts the authorities that it is given', () => {
    expect(clientOptions({ brokers: BROKERS, tls: { authorities: 'PEM' } }).tls).toEqual({ rejectUnauthorized: true, ca: 'PEM' });
  });

  it('tells no token in the clear', () => {
    expect(() => clientOptions({ brokers: BROKERS, tls: 'off', token: async () => 'token' })).toThrow('`tls` must not be off with `token`');
    expect(clientOptions({ brokers: BROKERS, tls: 'off' })).not.toHaveProperty('sasl');
  });

  it.each([[[]], [['b-1']], [['b-1:x']], [['b-1:9098', '']]])('refuses brokers %j', (brokers) => {
    expect(() => clientOptions({ brokers, tls: 'system' })).toThrow('`brokers` must be one or more of the form host:port');
  });

  it.each([
    [{ sessionMilliseconds: 5_999 }, '`sessionMilliseconds` must be a whole number between 6000 and'],
    [{ heartbeatMilliseconds: 4_000 }, '`heartbeatMilliseconds` must be a whole number between 1 and 3333, got: 4000'],
  ])('refuses a group with %j', (options, message) => {
    expect(() => new KafkaGroup({ brokers: BROKERS, tls: 'system', topic: 'payments', group: 'workers', ...options })).toThrow(message);
  });

  it('knows errors of the protocol by their names, and no others', () => {
    const error = Object.assign(new Error('x'), { findBy: (property: string, value: unknown) => (property === 'apiId' && value === 'NOT_COORDINATOR' ? {} : null) });
    expect([isKafkaError(error, 'X', 'NOT_COORDINATOR'), isKafkaError(error, 'X'), isKafkaError(new Error('x'), 'X')]).toEqual([true, false, false]);
  });
});
