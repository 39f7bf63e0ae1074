import fc from 'fast-check';
import { LEASE_SCRIPT } from '../../../../lambdas/runtime/cache/token-lease';
import { MemoryCache } from '../../../../local/engines/cache/memory-cache';
import { CommandReader, encodeReply, ProtocolError } from '../../../../local/engines/cache/resp';

const command = (...words: string[]): Buffer => Buffer.from(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);

describe('the protocol', () => {
  it('is read in whatever pieces it arrives', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const someCommands = fc.array(fc.array(text, { minLength: 1, maxLength: 5 }), { maxLength: 6 });
    fc.assert(fc.property(someCommands, fc.array(fc.nat(40), { maxLength: 10 }), (commands, cuts) => {
      const bytes = Buffer.concat(commands.map((words) => command(...words)));
      const reader = new CommandReader();
      const read: string[][] = [];
      let start = 0;
      for (const cut of [...cuts, bytes.length]) {
        const end = Math.min(bytes.length, start + cut);
        read.push(...reader.read(bytes.subarray(start, end)));
        start = end;
      }
      expect(read).toEqual(commands);
    }));
  });

  it.each(['GET a\r\n', '*x\r\n', '*1\r\n+OK\r\n', '*-1\r\n'])('is not %j', (text) => {
    expect(() => new CommandReader().read(Buffer.from(text))).toThrow(ProtocolError);
  });

  it('is written', () => {
    expect(encodeReply([0, 'é', null, { status: 'OK' }, { error: 'ERR x' }, []])).toBe('*6\r\n:0\r\n$2\r\né\r\n$-1\r\n+OK\r\n-ERR x\r\n*0\r\n');
  });
});

describe('MemoryCache', () => {
  let now: number;
  let cache: MemoryCache;
  beforeEach(() => {
    now = 1_700_000_000_000;
    cache = new MemoryCache({ host: '127.0.0.1', port: 7_000 }, () => now);
  });

  it('keeps values until their time is over', () => {
    expect(cache.execute(['SET', 'a', '1', 'PX', '100'])).toEqual({ status: 'OK' });
    expect(cache.execute(['set', 'b', '2', 'EX', '1'])).toEqual({ status: 'OK' });
    expect(cache.execute(['SET', 'c', '3'])).toEqual({ status: 'OK' });
    now += 100;
    expect(cache.execute(['MGET', 'a', 'b', 'c', 'd'])).toEqual([null, '2', '3', null]);
    now += 1_000_000;
    expect([cache.execute(['GET', 'b']), cache.execute(['GET', 'c'])]).toEqual([null, '3']);
    expect(cache.execute(['DEL', 'c', 'd'])).toBe(1);
    expect(cache.execute(['DBSIZE'])).toBe(0);
  });

  it.each([[['SET', 'a']], [['SET', 'a', '1', 'XX', '1']], [['SET', 'a', '1', 'PX', '0']], [['SET', 'a', '1', 'PX', 'x']]])('does not take %j', (words) => {
    expect(cache.execute(words)).toEqual({ error: 'ERR syntax error' });
  });

  it('says that it is the only node of its cluster', () => {
    expect(cache.execute(['CLUSTER', 'SLOTS'])).toEqual([[0, 16_383, ['127.0.0.1', 7_000, '0'.repeat(40)]]]);
    expect(cache.execute(['CLUSTER', 'INFO'])).toContain('cluster_state:ok');
  });

  it('runs a script that it knows, once it was sent in full', () => {
    const lease = (...words: string[]): unknown => cache.execute([...words, '1', 'lease:c', '100', '3', '5']);
    expect(lease('EVALSHA', LEASE_SCRIPT.sha1)).toEqual({ error: expect.stringMatching(/^NOSCRIPT /) as string });
    expect(lease('EVAL', LEASE_SCRIPT.text)).toEqual([8, 0]);
    expect(lease('EVALSHA', LEASE_SCRIPT.sha1)).toEqual([8, 0]);
    expect(cache.execute(['EVAL', LEASE_SCRIPT.text, '1', 'lease:c', '100', '500', '0'])).toEqual([500, 0]);
    expect(lease('EVALSHA', LEASE_SCRIPT.sha1)).toEqual([0, 4_161]);
    now += 4_161;
    expect(lease('EVALSHA', LEASE_SCRIPT.sha1)).toEqual([3, 0]);
    expect(cache.execute(['EVAL', 'return 1', '0'])).toEqual({ error: expect.stringContaining('no scripts but') as string });
    expect(cache.execute(['EVAL', LEASE_SCRIPT.text, '2', 'a', 'b', '1', '1', '1'])).toEqual({ error: expect.stringContaining('one key and the parameters') as string });
  });

  it('refuses what it does not know', () => {
    expect(cache.execute(['FLUSHDB'])).toEqual({ error: "ERR unknown command 'FLUSHDB'" });
    expect(cache.execute(['CLUSTER', 'RESET'])).toEqual({ error: "ERR unknown subcommand 'RESET'" });
  });
});
