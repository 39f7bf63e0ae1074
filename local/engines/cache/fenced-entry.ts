/** First line of the script that sets fenced entries. Whatever changes what the script does changes this line. */
export const FENCED_ENTRY_SCRIPT_MARK = '-- fenced entry 1\n';

const ENTRY = /^([!=])(\d*) /;

/**
 * What the script does that sets a fenced entry, without a cache around it.
 *
 * @returns the entry as it stands then; undefined where it stays as it was
 */
export function setFencedEntry(stored: string | undefined, mark: string, version: string, text: string): string | undefined {
  const known = ENTRY.exec(stored ?? '');
  if (known !== null && mark === '=' && known[1] === '!' && known[2] === '') {
    return undefined;
  }
  if (known !== null && version !== '' && known[2] !== '' && Number(version) < Number(known[2])) {
    return undefined;
  }
  return `${mark}${version} ${text}`;
}
