const KIBI = 1024;

/**
 * A number for people: so many significant digits, but always all of the whole part, with thousands separators. Written out here because Intl
 * differs between builds of Node, and a plan must print the same everywhere.
 */
export function formatNumber(value: number, significant = 3): string {
  if (!Number.isFinite(value)) {
    return String(value);
  }
  const magnitude = Math.abs(value);
  const digits = magnitude === 0 ? 0 : Math.max(0, significant - 1 - Math.floor(Math.log10(magnitude)));
  const fixed = value.toFixed(Math.min(digits, 6));
  const [whole, fraction] = fixed.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const trimmed = fraction?.replace(/0+$/, '') ?? '';
  return trimmed === '' ? grouped : `${grouped}.${trimmed}`;
}

/** Bytes in the largest binary unit that leaves at least one of it. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= KIBI && unit < units.length - 1) {
    value /= KIBI;
    unit++;
  }
  return `${formatNumber(value)} ${units[unit]}`;
}

/** A share as percent. */
export function formatShare(share: number): string {
  return `${formatNumber(100 * share)} %`;
}

/** Seconds in the unit that people use for such a time. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) {
    return `${formatNumber(1000 * seconds)} ms`;
  }
  if (seconds < 120) {
    return `${formatNumber(seconds)} s`;
  }
  return seconds < 7200 ? `${formatNumber(seconds / 60)} min` : `${formatNumber(seconds / 3600)} h`;
}
