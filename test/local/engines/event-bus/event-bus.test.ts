import { AwsJsonClient } from '../../../../lambdas/runtime/aws/json-client';
import { type EventBusConfiguration, EventBusEngine, EventBusServer, type RuleConfiguration } from '../../../../local/engines/event-bus';

const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:queue';

function rule(pattern: RuleConfiguration['pattern'], target: object = {}): RuleConfiguration {
  return { name: 'r', busName: 'bus', pattern, targets: [{ id: 't', queueArn: QUEUE, ...target }] };
}

function bus(rules: readonly RuleConfiguration[]) {
  const sent: string[] = [];
  let failures = 0;
  const configuration: EventBusConfiguration = { region: 'eu-west-1', account: '000000000000', busNames: ['bus'], rules };
  const engine = new EventBusEngine(configuration, {
    send: async (_, body) => {
      if (failures-- > 0) {
        throw new Error('down');
      }
      sent.push(body);
    },
  });
  const put = async (detail: object, others: object = {}) => {
    const [result] = engine.put([{ source: 'shop', detailType: 'order.paid', detail: JSON.stringify(detail), eventBusName: 'bus', time: 1_700_000_000_000, ...others }]);
    await new Promise((resolve) => setImmediate(resolve));
    return result;
  };
  return { engine, put, sent, failNext: (count: number) => { failures = count; } };
}

describe('an event bus', () => {
  it('sends what matches a rule to its queue, in the envelope', async () => {
    const { put, sent } = bus([rule({ 'source': ['shop'], 'detail-type': [{ prefix: 'order.' }], 'detail': { amount: [{ numeric: ['>', 5] }] } })]);
    const result = await put({ amount: 6 });
    expect(JSON.parse(sent[0])).toEqual({
      'version': '0', 'id': (result as { eventId: string }).eventId, 'detail-type': 'order.paid', 'source': 'shop', 'account': '000000000000', 'region': 'eu-west-1',
      'time': '2023-11-14T22:13:20Z', 'resources': [], 'detail': { amount: 6 },
    });
    await put({ amount: 5 });
    await put({ amount: 6 }, { source: 'other' });
    await put({ amount: 6 }, { detailType: 'refund' });
    await put({ amount: 6 }, { eventBusName: 'default' });
    expect(sent).toHaveLength(1);
  });

  it('matches what is there and what is not, and anything but', async () => {
    const { put, sent } = bus([rule({ detail: { reason: [{ exists: false }], kind: [{ 'anything-but': ['test'] }] } })]);
    await put({ kind: 'real' });
    await put({ kind: 'test' });
    await put({ kind: 'real', reason: 'r' });
    expect(sent).toHaveLength(1);
  });

  it('sends what a target asks for in the place of the event', async () => {
    const transformer = { paths: { id: '$.detail.id', detail: '$.detail' }, template: '{"text": "order <id>", "id": <id>, "all": <detail>}' };
    const { put, sent } = bus([rule({ source: ['shop'] }, { inputPath: '$.detail' }), rule({ source: ['shop'] }, { transformer }), rule({ source: ['shop'] }, { input: '1' })]);
    await put({ id: 'a"b' });
    expect(sent.map((body) => JSON.parse(body))).toEqual([{ id: 'a"b' }, { text: 'order a"b', id: 'a"b', all: { id: 'a"b' } }, 1]);
  });

  it('delivers until the queue has taken it', async () => {
    const { engine, failNext, put, sent } = bus([rule({ source: ['shop'] })]);
    failNext(2);
    await put({});
    expect(engine.statistics()).toEqual({ pending: 1, events: 1, delivered: 0 });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect([sent.length, engine.statistics()]).toEqual([1, { pending: 0, events: 1, delivered: 1 }]);
  });

  it('refuses single events as EventBridge does', async () => {
    const { engine } = bus([]);
    const entry = { source: 's', detailType: 't', detail: '{}', eventBusName: 'arn:aws:events:eu-west-1:000000000000:event-bus/bus' };
    expect(engine.put([entry, { ...entry, detail: '{' }, { ...entry, source: undefined }, { ...entry, eventBusName: 'none' }])).toEqual([
      { eventId: expect.any(String) }, expect.objectContaining({ errorCode: 'MalformedDetail' }), expect.objectContaining({ errorCode: 'InvalidArgument' }),
      expect.objectContaining({ errorCode: 'ResourceNotFoundException' }),
    ]);
  });

  it('refuses rules by the name of what does not run here', () => {
    expect(() => bus([rule({ source: [{ wildcard: 's*' }] })])).toThrow('the rule r: `filters[0].source[0]` must use one of prefix');
    expect(() => bus([rule({ source: ['s'] }, { transformer: { paths: {}, template: '<aws.events.rule-arn>' } })])).toThrow('<aws.events.rule-arn>, which does not run here');
  });

  it('speaks the protocol of EventBridge', async () => {
    const { engine } = bus([]);
    const server = await EventBusServer.start(engine);
    const client = new AwsJsonClient({ service: 'events', region: 'eu-west-1', endpoint: server.endpoint, credentials: () => ({ accessKeyId: 'a', secretAccessKey: 's' }) });
    const entry = { Source: 's', DetailType: 't', Detail: '{}', EventBusName: 'bus' };
    expect(await client.call('PutEvents', { Entries: [entry, { ...entry, Detail: '' }] })).toEqual({
      Entries: [{ EventId: expect.any(String) }, { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }], FailedEntryCount: 1,
    });
    await expect(client.call('PutEvents', { Entries: Array.from({ length: 11 }, () => entry) })).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(client.call('PutEvents', { Entries: [{ ...entry, Detail: JSON.stringify('x'.repeat(300_000)) }] })).rejects.toThrow('over the limit');
    client.close();
    await server.stop();
  });
});
