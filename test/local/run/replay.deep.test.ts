import { replayMadeUpFile } from './replay';

jest.setTimeout(1_200_000);

describe('an input of 20,000 lines', () => {
  it('is answered line by line as the contract says, with balances equal to an independent sum', async () => {
    const replay = await replayMadeUpFile(20_000, 3);
    expect(replay.wrongAnswers).toEqual([]);
    expect(replay.balances).toEqual(replay.file.balances);
    expect(replay.verdict).toMatchObject({ sent: replay.file.lines.length, lost: 0, doubled: 0, outOfBalance: 0, unanswered: 0 });
    expect(replay.verdict.rejected).toBeGreaterThan(0);
    expect(replay.verdict.duplicates).toBeGreaterThan(0);
    expect(replay.exitCode).toBe(0);
  });
});
