import { Logger } from '../../../../lambdas/runtime/observability/logger';

describe('Logger', () => {
  let lines: string[];
  let logger: Logger;

  beforeEach(() => {
    lines = [];
    logger = new Logger({ context: { functionName: 'f' }, sampleEvery: 3, now: () => 0, write: (line) => { lines.push(line); } });
  });

  it('writes a line of JSON', () => {
    logger.info('hello', { rows: 2, sum: 12n });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0])).toEqual({ level: 'info', time: '1970-01-01T00:00:00.000Z', message: 'hello', functionName: 'f', rows: 2, sum: '12' });
  });

  it('lets no card number out, in whatever it is hidden', () => {
    const error = new Error('bad 4111111111111111', { cause: { key: '5555 5555 5555 4444' } });
    logger.error('failed with 4111111111111111', { error, number: 4111111111111111, nested: [{ text: 'a 378282246310005' }] });
    expect(lines[0]).not.toMatch(/4111111111111111|5555 5555 5555 4444|378282246310005/);
    expect(JSON.parse(lines[0])).toMatchObject({
      message: 'failed with ************1111', number: '************1111', nested: [{ text: 'a ***********0005' }],
      error: { message: 'bad ************1111', cause: { key: '************4444' } },
    });
  });

  it('samples what may happen with every payment, and says how often it did', () => {
    for (let time = 0; time < 7; time++) {
      logger.sample('warn', 'throttled');
    }
    expect(lines.map((line) => (JSON.parse(line) as { occurrences: number }).occurrences)).toEqual([1, 4, 7]);
  });
});
