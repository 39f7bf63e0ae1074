import { EventLog } from '../../../local/dashboard';

describe('the event log', () => {
  const log = new EventLog(3);
  const texts = (number: number) => log.after(number).map(({ text }) => text);

  it('gives what came after an event', () => {
    expect(texts(0)).toEqual([]);
    ['a', 'b'].forEach((text) => log.add({ at: 1, fault: 'reshard', text }));
    expect(log.after(0)).toEqual([{ number: 1, at: 1, fault: 'reshard', text: 'a' }, { number: 2, at: 1, fault: 'reshard', text: 'b' }]);
    expect(texts(1)).toEqual(['b']);
    expect(texts(2)).toEqual([]);
  });

  it('keeps the last ones', () => {
    ['c', 'd', 'e'].forEach((text) => log.add({ at: 2, fault: undefined, text }));
    expect(texts(0)).toEqual(['c', 'd', 'e']);
    expect(texts(3)).toEqual(['d', 'e']);
    expect(texts(99)).toEqual([]);
  });
});
