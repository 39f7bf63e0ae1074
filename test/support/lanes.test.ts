import { inLanes } from './lanes';

/** Work that ends when it is told to. */
class Works {
  readonly begun: string[] = [];
  private readonly ends = new Map<string, { resolve: (text: string) => void; reject: (error: Error) => void }>();

  readonly work = (item: string): Promise<string> => {
    this.begun.push(item);
    return new Promise((resolve, reject) => this.ends.set(item, { resolve, reject }));
  };

  async end(item: string, error?: Error): Promise<void> {
    const { resolve, reject } = this.ends.get(item)!;
    if (error === undefined) {
      resolve(`${item}!`);
    } else {
      reject(error);
    }
    await new Promise(setImmediate);
  }
}

describe('work in lanes', () => {
  it('is done on so many items at a time, and its results are in the order of the items', async () => {
    const works = new Works();
    const done = inLanes(2, ['a', 'b', 'c', 'd'], works.work);
    expect(works.begun).toEqual(['a', 'b']);
    await works.end('b');
    expect(works.begun).toEqual(['a', 'b', 'c']);
    await works.end('c');
    await works.end('d');
    await works.end('a');
    expect(await done).toEqual(['a!', 'b!', 'c!', 'd!']);
  });

  it('fails with the first that failed once those under way have ended, and begins no other', async () => {
    const works = new Works();
    const done = inLanes(2, ['a', 'b', 'c'], works.work);
    const failed = expect(done).rejects.toThrow('a broke');
    await works.end('a', new Error('a broke'));
    await works.end('b');
    await failed;
    expect(works.begun).toEqual(['a', 'b']);
  });

  it('is nothing where there are no items', async () => {
    expect(await inLanes(3, [], () => Promise.reject(new Error('nobody asks for this')))).toEqual([]);
  });
});
