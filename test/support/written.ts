/** How a command ended, and what it wrote meanwhile. */
export interface Written {
  readonly code: number;
  /** On the streams of output and errors, as it came. */
  readonly output: string;
}

/** Runs a command in this process; what it writes comes out nowhere else. */
export async function writtenBy(run: () => Promise<number>): Promise<Written> {
  let output = '';
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  }));
  try {
    return { code: await run(), output };
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
}
