/**
 * `describe`, skipped with the reason in its name where something that the tests need is missing.
 *
 * @param missing what is missing, and why; undefined where nothing is
 */
export function describeUnless(missing: string | undefined, name: string, tests: () => void): void {
  if (missing === undefined) {
    describe(name, tests);
  } else {
    describe.skip(`${name} [skipped: ${missing}]`, tests);
  }
}
