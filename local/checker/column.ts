/** Values of one page: large enough that pages cost nothing beside their values, small enough that the last one wastes little. */
const PAGE_VALUES = 1 << 14;

type Numbers = Uint8Array | Uint32Array | Float64Array;

/** Numbers by index, 0 where none was set. It grows by pages: nothing is copied and nothing stands ready for twice as many. */
export class Column {
  private readonly pages: Numbers[] = [];

  /** @param Page what holds the numbers; it decides their range */
  constructor(private readonly Page: new (length: number) => Numbers) {}

  get(index: number): number {
    return this.pages[Math.floor(index / PAGE_VALUES)]?.[index % PAGE_VALUES] ?? 0;
  }

  set(index: number, value: number): void {
    this.page(index)[index % PAGE_VALUES] = value;
  }

  /** Adds to a number. @returns the sum */
  add(index: number, value: number): number {
    return (this.page(index)[index % PAGE_VALUES] += value);
  }

  private page(index: number): Numbers {
    const number = Math.floor(index / PAGE_VALUES);
    while (this.pages.length <= number) {
      this.pages.push(new this.Page(PAGE_VALUES));
    }
    return this.pages[number];
  }
}
