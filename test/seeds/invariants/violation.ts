/** Something that must not be. */
export interface Violation {
  /** `INV1` to `INV10`; `PORTS` when the run used the machine's own clock, timers or randomness. */
  readonly invariant: string;
  readonly text: string;
}
