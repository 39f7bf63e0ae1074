import { requireWholeNumber } from '../configuration/option-rules';

type CellLibrary = typeof import('h3-js');

let library: Promise<H3Cells> | undefined;

/**
 * Cells of H3 (Uber 2018, https://h3geo.org): hexagons of 16 sizes that cover the earth, each with a text as its name. Neighbours in the
 * world are neighbours in the grid, and a cell lies in one cell of each coarser resolution, so that a coarse cell makes a good shard key of what
 * happens in the fine ones.
 */
export class H3Cells {
  /** Loads the library once it is needed: nobody pays for it who has no places. */
  public static load(): Promise<H3Cells> {
    return library ??= import('h3-js').then((loaded) => new H3Cells(loaded));
  }

  private constructor(private readonly library: CellLibrary) {}

  /**
   * The cell around a place.
   *
   * @param resolution 0 (4,400,000 km² a cell) to 15 (0.9 m²)
   * @returns undefined when the place is not on earth
   * @throws RangeError when the resolution is out of its range
   */
  public at(latitude: number, longitude: number, resolution: number): string | undefined {
    requireWholeNumber('resolution', resolution, 0, 15);
    return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? this.library.latLngToCell(latitude, longitude, resolution) : undefined;
  }

  /** A cell, or the one around it where it is finer than a resolution; undefined for what is no cell. */
  public atMost(cell: string, resolution: number): string | undefined {
    if (!this.library.isValidCell(cell)) {
      return undefined;
    }
    return this.library.getResolution(cell) > resolution ? this.library.cellToParent(cell, resolution) : cell;
  }

  /**
   * The cell of a resolution that a cell lies in: the key that a row of a place is sharded by.
   *
   * @throws Error when it is no cell, or a coarser one
   */
  public shardKey(cell: string, resolution: number): string {
    const key = this.atMost(cell, resolution);
    if (key === undefined || this.library.getResolution(key) !== resolution) {
      throw new Error(`\`cell\` must be a cell of H3 of resolution ${resolution} or finer, got: ${JSON.stringify(cell)}`);
    }
    return key;
  }

  /**
   * Shard keys of all cells that are at most so many steps away: what a question about a neighbourhood has to ask, usually one to three.
   *
   * @param steps 0 to 100; cells whose borders touch are one step apart
   * @throws Error when it is no cell, or one coarser than the resolution
   */
  public shardKeysAround(cell: string, steps: number, resolution: number): readonly string[] {
    requireWholeNumber('steps', steps, 0, 100);
    this.shardKey(cell, resolution);
    return [...new Set(this.library.gridDisk(cell, steps).map((it) => this.shardKey(it, resolution)))].sort();
  }
}
