import * as net from 'node:net';
import { cht } from './cht';
import { replayMadeUpFile } from './replay';

// A run starts a dozen processes; none of this depends on how long that takes.
jest.setTimeout(300_000);

describe('cht run', () => {
  it('answers every line of an input as the contract says, and the balances are right to the last minor unit', async () => {
    const replay = await replayMadeUpFile(300, 11);
    expect(replay.wrongAnswers).toEqual([]);
    expect(replay.balances).toEqual(replay.file.balances);
    expect(replay.balanceRows[0]).toEqual(['merchantId', 'currency', 'balance']);
    expect(replay.verdict).toMatchObject({ sent: replay.file.lines.length, lost: 0, doubled: 0, outOfBalance: 0, unanswered: 0 });
    expect(replay.exitCode).toBe(0);
    expect(replay.leftovers).toEqual([]);
  });

  it('says that a port is taken', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as net.AddressInfo;
    expect(await cht(['run', '--port', String(port)])).toMatchObject({ exitCode: 2, output: expect.stringContaining(`--port ${port} is taken by another program`) });
    server.close();
  });

  it.each([
    [['run', '--rate', 'fast'], '--rate must be between 1 and 1000000, got: fast.'],
    [['run', '--input', '/nowhere'], '--input /nowhere is not a file.'],
    [['run', '--input', '.'], '--input . is not a file.'],
    [['run', '--answers', 'x'], '--answers needs --input'],
    [['run', '--payments-per-request', '501'], '--payments-per-request must be between 1 and 500, got: 501.'],
    [['run', '--input', 'package.json', '--warm-up', '5'], '--warm-up sends payments that are made up'],
    [['run', '--input', 'package.json', '--payments-per-request', '5'], '--payments-per-request is for a load that is made up'],
    [['run', '--input', 'package.json', '--restart-database', '1'], '--restart-database needs a load of a known length'],
    [['run', '--color'], "Unknown option '--color'."],
    [['run', '--table', 'sqlite'], '--table must be one of dynoxide, memory, got: sqlite.'],
    [['run', '--lost-answers', '2'], '--lost-answers must be a probability between 0.0001 and 0.5, got: 2.'],
  ])('says what is wrong with %j', async (words, message) => {
    const { exitCode, output } = await cht(words);
    expect(exitCode).toBe(2);
    expect(output).toContain(message);
    expect(output).not.toMatch(/\n\s+at /);
  });
});
