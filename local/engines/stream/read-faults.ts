/** What may go wrong with the reads that a mapping of this process makes. Asked once for each read; a yes is a fault that has struck. */
export interface ReadFaults {
  /** The stream answers nothing at the moment. */
  refusesRead(): boolean;
  /** The iterator of a polled read has expired before its time. */
  expiresIterator(): boolean;
}
