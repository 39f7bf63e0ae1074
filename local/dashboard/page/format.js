/** Text of figures. Everything is in English notation, whatever the browser's language: the page's words are. */

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** What stands where nothing is known. */
export const UNKNOWN = '–';

/** @param {number | null | undefined} value */
export function count(value) {
  return value == null ? UNKNOWN : WHOLE.format(value);
}

/**
 * A rate or another figure that is not whole: one decimal below 10.
 *
 * @param {number | null | undefined} value
 */
export function rate(value) {
  return value == null ? UNKNOWN : value > 0 && value < 9.95 ? TENTHS.format(value) : WHOLE.format(value);
}

/** @param {number} value */
export function compact(value) {
  return COMPACT.format(value);
}

/** @param {number | null | undefined} milliseconds */
export function duration(milliseconds) {
  if (milliseconds == null) {
    return UNKNOWN;
  }
  return milliseconds < 1000 ? `${WHOLE.format(milliseconds)} ms` : milliseconds < 99_950 ? `${TENTHS.format(milliseconds / 1000)} s` : clock(milliseconds);
}

/**
 * Minutes and seconds: `1:05`.
 *
 * @param {number} milliseconds
 */
export function clock(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** @param {number | null | undefined} bytes */
export function bytes(bytes) {
  if (bytes == null) {
    return UNKNOWN;
  }
  return bytes < 1000 ? `${WHOLE.format(bytes)} B` : bytes < 1e6 ? `${rate(bytes / 1e3)} kB` : `${rate(bytes / 1e6)} MB`;
}

/** @param {number} share 0 to 1 and above */
export function percent(share) {
  const value = share * 100;
  return value > 0 && value < 0.1 ? '<0.1 %' : `${rate(value)} %`;
}

/**
 * Time of day.
 *
 * @param {number} milliseconds since 1970
 */
export function timeOfDay(milliseconds) {
  return TIME.format(milliseconds);
}

/**
 * A number of things: `1 shard`, `4 shards`.
 *
 * @param {number} number
 * @param {string} noun
 */
export function counted(number, noun) {
  return `${WHOLE.format(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** Longest name that is shown whole. */
const MOST_CHARACTERS = 32;

/**
 * What tells a resource from its neighbours: its name without the hash at its end and, where that is long, without the first of the words before it.
 *
 * @param {string} name as CloudFormation would make it up: `app-environment-stack-ResourceF42C3931`
 */
export function shortName(name) {
  let short = name.replace(/(?<=[A-Z]\w*)[0-9A-F]{8}$/, '');
  while (short.length > MOST_CHARACTERS && short.includes('-')) {
    short = short.slice(short.indexOf('-') + 1);
  }
  return short;
}
