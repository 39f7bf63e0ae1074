/** Tells the time in milliseconds since 1970. A port, so that tests run in a time of their own. */
export type Clock = () => number;

/** The machine's clock. */
export const wallClock: Clock = Date.now;
