import type { AmountKind, Bill, BillLine, Lever, Spread, StalePrice } from '../../cost';
import { atLeast, money, perMillion, priceText, quantityText, staleText, whatText } from '../cost-text';
import { focusService } from '../focus-services';
import { type Html, html } from './html';

/** Parts that a chart shows before the rest is one bar. */
const SHOWN_PARTS = 12;
const KINDS: { readonly [kind in AmountKind]: string } = {
  declared: 'stated in the template or by you', derived: 'computed from the workload', assumed: 'an assumption stands in',
};
const [WIDTH, HEIGHT] = [100, 10];

/** What a month and a million payments cost, each with its band. */
export function totalsSection(bill: Bill): Html {
  return html`<section class="totals" aria-label="Totals">
${total('A month', bill, bill.perMonth, money)}
${total('A million payments', bill, bill.perMillionPayments, perMillion)}
${kindsCard(bill)}
</section>`;
}

/** What a reader must know before they trust the totals. */
export function warningsSection(bill: Bill, stale: readonly StalePrice[]): Html {
  const notes = [
    ...(bill.atLeast ? [`${resources(bill.unpriced.length)} not priced, so that the totals are lower bounds; they are listed below.`] : []),
    ...(stale.length === 0 ? [] : [staleText(bill, stale)]),
    ...(bill.discount.high === 0 ? [] : [`Stated discounts take off ${money(bill.discount.typical)} a month; the totals are after them.`]),
  ];
  return html`${notes.map((note) => html`<p class="note">${note}</p>\n`)}`;
}

/** Where the money goes, three times. */
export function chartsSection(bill: Bill): Html {
  return html`<section class="charts" aria-label="Where the money goes">
${chart('By stage', bill, bill.byStage())}
${chart('By service', bill, bill.by(({ type }) => focusService(type).name))}
${chart('By stack', bill, bill.byStack())}
</section>`;
}

/** All lines of the bill, the dearest first; the script of the page sorts and filters them. */
export function linesSection(bill: Bill): Html {
  const lines = [...bill.lines].sort((a, b) => b.usd.typical - a.usd.typical);
  const stages = [...new Set(lines.map(({ stage }) => stage))].sort();
  return html`<section class="card all" aria-labelledby="lines-heading">
<h2 id="lines-heading">${lines.length} lines</h2>
<form id="controls" class="controls" hidden>
<label class="wide">Filter<input id="filter" type="text" placeholder="resource, price, reason" autocomplete="off"></label>
<label>Stage<select id="stage"><option value="">all</option>${stages.map((stage) => html`<option>${stage}</option>`)}</select></label>
<label>Kind<select id="kind"><option value="">all</option>${Object.keys(KINDS).map((kind) => html`<option>${kind}</option>`)}</select></label>
<label class="wide">Order<select id="order"><option value="usd">cost</option><option value="quantity">quantity</option><option value="what">what</option><option value="resource">resource</option><option value="stage">stage</option><option value="kind">kind</option></select></label>
</form>
<p id="shown" role="status"></p>
<table class="lines" id="lines">
<thead><tr><th scope="col" class="number" data-key="usd" aria-sort="descending">A month</th><th scope="col" class="number">Low to high</th><th scope="col" class="number" data-key="quantity">Quantity</th><th scope="col" data-key="what">What</th><th scope="col" data-key="resource">Resource, and why so much</th><th scope="col" data-key="stage">Stage</th><th scope="col" data-key="kind">Kind</th></tr></thead>
<tbody>
${lines.map(lineRow)}</tbody>
</table>
</section>`;
}

/** What is not in the totals. */
export function unpricedSection({ unpriced }: Bill): Html {
  return unpriced.length === 0 ? html`` : html`<section class="card" aria-labelledby="unpriced-heading">
<h2 id="unpriced-heading">Not priced</h2>
<ul class="plain">${unpriced.map(({ resource, type, why }) => html`<li><strong>${resource}</strong> (${type})<span>${why}</span></li>\n`)}</ul>
</section>`;
}

/** What would make the bill smaller. */
export function leversSection(levers: readonly Lever[]): Html {
  return levers.length === 0 ? html`` : html`<section class="card" aria-labelledby="levers-heading">
<h2 id="levers-heading">What would make it cheaper</h2>
<ol class="plain">${levers.map(({ name, usd, price, why }) => html`<li><strong>${money(usd)} a month: ${name}</strong><span>costs: ${price}</span><span>${why}</span></li>\n`)}</ol>
<p class="muted">Levers on the same lines do not add up.</p>
</section>`;
}

/** The prices to look up again, folded away. */
export function staleSection(stale: readonly StalePrice[]): Html {
  return stale.length === 0 ? html`` : html`<details class="card"><summary>Prices that are old or have no date: ${stale.length}</summary>
<ul class="plain">${stale.map(({ priceId, region, asOf, confidence, usd }) => html`<li><strong>${priceId}</strong><span>${region}, ${asOf ?? 'no date'}, ${confidence}: ${money(usd)} a month rest on it</span></li>\n`)}</ul>
</details>`;
}

function total(title: string, bill: Bill, spread: Spread, text: (usd: number) => string): Html {
  const { low, typical, high } = spread;
  return html`<dl class="card total"><dt>${title}</dt>
<dd class="figure">${bill.atLeast ? html`<span class="least">at least</span>` : ''}${text(typical)}</dd>
<dd>${bandBar(spread, Math.max(low, typical, high))}</dd>
<dd class="muted">${atLeast(bill.atLeast, text(low))} to ${atLeast(bill.atLeast, text(high))}</dd></dl>`;
}

function kindsCard(bill: Bill): Html {
  const parts = bill.by(({ kind }) => kind);
  const kinds = (Object.keys(KINDS) as AmountKind[]).map((kind) => ({ kind, usd: parts.get(kind)?.typical ?? 0 }));
  let x = 0;
  const rects = kinds.map(({ kind, usd }) => {
    const width = scaled(usd, bill.perMonth.typical);
    x += width;
    return html`<rect class="${kind}" x="${digits(x - width)}" width="${digits(width)}" height="${HEIGHT}"/>`;
  });
  return html`<div class="card total"><h2>How sure the quantities are</h2>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="${WIDTH}" height="${HEIGHT}"/>${rects}</svg>
<ul class="kinds">${kinds.map(({ kind, usd }) => html`<li><span><span class="tag ${kind}">${kind}</span></span><span class="meaning">${KINDS[kind]}</span><span>${percent(usd, bill.perMonth.typical)}</span></li>\n`)}</ul></div>`;
}

function chart(title: string, bill: Bill, parts: ReadonlyMap<string, Spread>): Html {
  const all = [...parts];
  const [shown, rest] = all.length <= SHOWN_PARTS ? [all, []] : [all.slice(0, SHOWN_PARTS - 1), all.slice(SHOWN_PARTS - 1)];
  const bars = rest.length === 0 ? shown : [...shown, [`${rest.length} others`, rest.map(([, usd]) => usd).reduce(sum)] as const];
  const most = Math.max(...bars.map(([, { high }]) => high), 0);
  const items = bars.map(([name, usd]) => html`<li><span class="name">${name}</span><span class="figure">${money(usd.typical)}</span><span class="share">${percent(usd.typical, bill.perMonth.typical)}</span>${bandBar(usd, most)}</li>\n`);
  return html`<div class="card"><h2>${title}</h2>
<ul class="bars">${items}</ul></div>`;
}

/**
 * A bar up to the typical amount, and in it a line from the least to the most. Of a million payments the low case may cost the most: it has fewer
 * payments to share what is there anyway.
 */
function bandBar({ low, typical, high }: Spread, most: number): Html {
  const [from, at, upTo] = [Math.min(low, typical, high), typical, Math.max(low, typical, high)].map((usd) => scaled(usd, most));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="${WIDTH}" height="${HEIGHT}"/><rect class="bar" width="${digits(at)}" y="2" height="6"/><rect class="range" x="${digits(from)}" width="${digits(upTo - from)}" y="4" height="2"/></svg>`;
}

function lineRow(line: BillLine): Html {
  const { resource, stage, kind, usd, quantity, unit, why, type } = line;
  return html`<tr${usd.typical === 0 ? html` class="zero"` : ''} data-usd="${usd.typical}" data-quantity="${quantity.typical}" data-what="${line.what}" data-resource="${resource}" data-stage="${stage}" data-kind="${kind}"><td class="usd number">${money(usd.typical)}</td><td class="band number muted">${bandText(usd)}</td><td class="quantity number">${quantityText(quantity.typical)} ${unit}</td><td class="what">${whatText(line)}</td><td class="resource"><span class="path">${resource}</span><span class="why">${type}; ${why}</span><span class="why">$${Number(line.unitPrice.toPrecision(6))} each: ${priceText(line)}</span></td><td class="stage">${stage}</td><td class="kind"><span class="tag ${kind}">${kind}</span></td></tr>
`;
}

/** Nothing where there is no band. */
function bandText({ low, high }: Spread): string {
  return money(low) === money(high) ? '' : `${money(low)} to ${money(high)}`;
}

function sum(a: Spread, b: Spread): Spread {
  return { low: a.low + b.low, typical: a.typical + b.typical, high: a.high + b.high };
}

function scaled(usd: number, most: number): number {
  return most === 0 ? 0 : WIDTH * usd / most;
}

function digits(value: number): string {
  return String(Number(value.toFixed(2)));
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${(100 * part / whole).toFixed(1)} %`;
}

function resources(count: number): string {
  return count === 1 ? '1 resource is' : `${count} resources are`;
}
