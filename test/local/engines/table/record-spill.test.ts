import fc from 'fast-check';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { RecordLog } from '../../../../local/engines/table/stream/record-log';
import { RecordSpill } from '../../../../local/engines/table/stream/record-spill';

/** What can happen to a log. */
type Step =
  | { readonly kind: 'append'; readonly length: number }
  | { readonly kind: 'read'; readonly from: number; readonly records: number; readonly bytes: number }
  | { readonly kind: 'find'; readonly number: number }
  | { readonly kind: 'trim'; readonly age: number }
  | { readonly kind: 'seal' };

const log = fc.nat(2);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), length: fc.oneof(fc.nat(50), fc.integer({ min: 4_000, max: 40_000 })) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), from: fc.nat(60), records: fc.integer({ min: 1, max: 30 }), bytes: fc.integer({ min: 1, max: 90_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('find' as const), number: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trim' as const), age: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'seal' as const }) },
);

/** The same as a log, the simplest way: what was appended, as an array. */
class Model {
  public readonly texts: string[] = [];
  public readonly times: number[] = [];

  public read(from: number, first: number, records: number, bytes: number): { texts: string[]; next: number } {
    const texts: string[] = [];
    let size = 0;
    let next = Math.max(from, first);
    for (; next < this.texts.length && texts.length < records; next++) {
      const length = Buffer.byteLength(this.texts[next]) + 1;
      if (texts.length > 0 && size + length > bytes) {
        break;
      }
      size += length;
      texts.push(this.texts[next]);
    }
    return { texts, next };
  }
}

describe('record spill', () => {
  let folder: string;
  const files = (): string[] => fs.readdirSync(folder);

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'record-spill-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('changes nothing about a log, however appending, reading, searching, trimming and sealing meet', () => {
    let spilled = 0;
    const steps = fc.array(fc.tuple(log, anyStep), { minLength: 30, maxLength: 150 });
    fc.assert(fc.property(steps, fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 300_000 }), (sequence, memoryBytes, fileBytes) => {
      const spill = new RecordSpill({ folder, memoryBytes, fileBytes });
      const logs = [0, 1, 2].map(() => ({ log: new RecordLog(spill), model: new Model() }));
      sequence.forEach(([which, step], now) => {
        const { log: tested, model } = logs[which];
        const { first } = tested;
        switch (step.kind) {
          case 'append': {
            const text = JSON.stringify(`${which}/${model.texts.length}:${'é'.repeat(step.length)}`);
            model.texts.push(text);
            model.times.push(now);
            tested.append(text, now);
            break;
          }
          case 'read': {
            const page = tested.read(step.from, step.records, step.bytes);
            const expected = model.read(step.from, first, step.records, step.bytes);
            expect(Buffer.concat(page.json).toString()).toBe(expected.texts.join(','));
            expect(page.next).toBe(expected.next);
            break;
          }
          case 'find': {
            const text = `"${which}/${step.number}:`;
            const known = step.number >= first && step.number < model.texts.length;
            expect(tested.findLast(text, () => true)).toBe(known ? model.texts[step.number] : undefined);
            break;
          }
          case 'trim':
            tested.trim(now - step.age);
            // Only old records go, and from the front; of those that stay in front, a chunk holds a newer one.
            expect(model.times.slice(first, tested.first).every((at) => at < now - step.age)).toBe(true);
            break;
          case 'seal':
            tested.seal();
            break;
        }
        expect(tested.next).toBe(model.texts.length);
        spilled += tested.fileBytes > 0 ? 1 : 0;
      });
      spill.close();
      expect(files()).toEqual([]);
    }), { numRuns: 60 });
    expect(spilled).toBeGreaterThan(100);
  });

  it('holds no more in memory than it may, and gives back what lies in files', () => {
    const spill = new RecordSpill({ folder, memoryBytes: 1024 * 1024 });
    const logs = [new RecordLog(spill), new RecordLog(spill)];
    const text = JSON.stringify('x'.repeat(1_000));
    for (let index = 0; index < 20_000; index++) {
      logs[index % 2].append(text, index);
    }
    const memory = logs[0].bytes + logs[1].bytes;
    // The chunks that are being filled come on top.
    expect(memory).toBeLessThanOrEqual(1024 * 1024 + 2 * 256 * 1024);
    expect(logs[0].fileBytes + logs[1].fileBytes).toBeGreaterThan(18_000_000);
    let seen = 0;
    for (let position = 0; position < logs[0].next;) {
      const page = logs[0].read(position, 1_000, 1024 * 1024);
      seen += Buffer.concat(page.json).toString().split(',').length;
      position = page.next;
    }
    expect(seen).toBe(10_000);
    expect(logs[0].bytes + logs[1].bytes).toBe(memory);
    spill.close();
  });

  it('deletes a file once nothing in it is needed', () => {
    const spill = new RecordSpill({ folder, memoryBytes: 0, fileBytes: 1024 * 1024 });
    const tested = new RecordLog(spill);
    const text = JSON.stringify('x'.repeat(10_000));
    for (let index = 0; index < 500; index++) {
      tested.append(text, index);
    }
    const most = files().length;
    expect(most).toBeGreaterThan(3);
    tested.trim(250);
    expect(files().length).toBeLessThan(most);
    expect(Buffer.concat(tested.read(0, 1, 1e6).json).toString()).toBe(text);
    tested.seal();
    tested.trim(1_000);
    expect([tested.first, tested.next, tested.fileBytes]).toEqual([500, 500, 0]);
    expect(files().length).toBeLessThanOrEqual(1);
    spill.close();
    expect(files()).toEqual([]);
  });

  it('keeps everything in memory when no file can be written, and says so once', () => {
    const errors: string[] = [];
    const spill = new RecordSpill({ folder: path.join(folder, 'absent'), memoryBytes: 0, onFailure: (error) => errors.push(error.message) });
    const tested = new RecordLog(spill);
    const text = JSON.stringify('x'.repeat(10_000));
    for (let index = 0; index < 200; index++) {
      tested.append(text, index);
    }
    expect(errors).toEqual([expect.stringContaining('ENOENT')]);
    expect(tested.fileBytes).toBe(0);
    expect(tested.read(0, 200, 1e9).next).toBe(200);
    tested.seal();
    tested.trim(1_000);
    expect(tested.bytes).toBe(0);
    spill.close();
  });
});
