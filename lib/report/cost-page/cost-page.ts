import { createHash } from 'node:crypto';
import type { Bill, Lever, StalePrice } from '../../cost';
import { quantityText } from '../cost-text';
import { html, raw } from './html';
import { SCRIPT } from './script';
import { chartsSection, leversSection, linesSection, staleSection, totalsSection, unpricedSection, warningsSection } from './sections';
import { STYLE } from './style';

export interface CostPageOptions {
  /**
   * What the bill is of, in words: a folder.
   *
   * @default - nothing is said of it
   */
  readonly title?: string;
  /** @default - none are shown */
  readonly levers?: readonly Lever[];
  /** @default - none are shown */
  readonly stale?: readonly StalePrice[];
}

/**
 * A bill as one page of HTML that needs nothing else: totals with their bands, bars, all lines to sort and filter, what is unpriced, what would make
 * it cheaper. It asks for nothing from anywhere, and its Content Security Policy lets only its own style and script run, by their hash. Without a
 * script it shows the same, in the order of cost.
 */
export function renderCostPage(bill: Bill, options: CostPageOptions = {}): string {
  const stale = options.stale ?? [];
  const heading = options.title === undefined ? 'What a month costs' : `What a month of ${options.title} costs`;
  const policy = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${heading}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<h1>${heading}</h1>
<p>730 hours at ${quantityText(bill.payments.typical)} payments, ${bill.commitment === 'none' ? 'nothing committed' : 'committed for a year'}. US dollars, prices as AWS lists them${bill.discount.high === 0 ? '' : ' less stated discounts'}.</p>
</header>
<main>
${warningsSection(bill, stale)}${totalsSection(bill)}
${chartsSection(bill)}
${leversSection(options.levers ?? [])}
${unpricedSection(bill)}
${linesSection(bill)}
${staleSection(stale)}
<footer>Bars end at the typical amount; the line in them goes from the low to the high one. Taxes, support, free tiers and one-time charges are left out.</footer>
</main>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`.text;
}

/** A source of Content Security Policy for what stands between two tags. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
