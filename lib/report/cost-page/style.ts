/** Looks of the page: light and dark, from a telephone to a wide screen, and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f6f8; --card: #ffffff; --line: #dde2e9; --control-line: #828d9c; --ink: #17202d; --muted: #556071; --accent: #1f5fbf;
  --bar: #2563c9; --range: #a9bfe6; --track: #eef2f6;
  --declared: #12693c; --declared-tint: #e4f4ea; --derived: #1f5fbf; --derived-tint: #e6eefb; --assumed: #8a5200; --assumed-tint: #fdf1dd;
  --warn: #8a5200; --warn-tint: #fdf1dd;
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1218; --card: #151c25; --line: #283240; --control-line: #6d7a8c; --ink: #e8edf4; --muted: #a1aebf; --accent: #86b7ff;
    --bar: #74abff; --range: #34507d; --track: #1d2733;
    --declared: #5fd39a; --declared-tint: #12291f; --derived: #86b7ff; --derived-tint: #16263f; --assumed: #f2bd63; --assumed-tint: #2f2513;
    --warn: #f2bd63; --warn-tint: #2f2513;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); }
h1, h2, p, dl, dd, ol, ul, table { margin: 0; padding: 0; }
ol, ul { list-style: none; }
h1 { font-size: 20px; font-weight: 650; letter-spacing: -0.01em; }
h2 { margin-bottom: 10px; font-size: 15px; font-weight: 650; }
.muted { color: var(--muted); }
.number { text-align: right; white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
header { padding: 16px clamp(12px, 2vw, 28px); background: var(--card); border-bottom: 1px solid var(--line); }
header p { margin-top: 2px; max-width: 110ch; color: var(--muted); }
main { display: grid; gap: 16px; max-width: 1500px; margin: 0 auto; padding: 16px clamp(12px, 2vw, 28px) 40px; grid-template-columns: minmax(0, 1fr); }
.card { min-width: 0; padding: 14px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.totals, .charts { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
.total dt, .total h2 { margin: 0; font-size: 14px; font-weight: 600; }
.total .figure { font-size: clamp(30px, 4.4vw, 44px); line-height: 1.15; font-weight: 680; letter-spacing: -0.03em; overflow-wrap: anywhere; }
.total .least { display: block; font-size: 14px; font-weight: 600; letter-spacing: 0; color: var(--warn); }
.total svg { display: block; width: 100%; height: 10px; margin: 8px 0 4px; }
.note { padding: 10px 14px; border: 1px solid var(--warn); border-radius: 12px; background: var(--warn-tint); color: var(--ink); }
.kinds li { display: grid; grid-template-columns: 76px 1fr auto; gap: 0 8px; align-items: baseline; padding: 3px 0; }
.kinds .meaning { color: var(--muted); font-size: 12.5px; }
.bars li { display: grid; grid-template-columns: minmax(0, 1fr) auto 58px; gap: 0 10px; padding: 5px 0; }
.bars .name { overflow-wrap: anywhere; }
.bars .figure { font-weight: 600; text-align: right; }
.bars .share { color: var(--muted); text-align: right; white-space: nowrap; }
.bars svg { grid-column: 1 / -1; display: block; width: 100%; height: 10px; margin-top: 2px; }
.track { fill: var(--track); }
.bar { fill: var(--bar); }
.range { fill: var(--range); }
.declared { fill: var(--declared); }
.derived { fill: var(--derived); }
.assumed { fill: var(--assumed); }
.tag { display: inline-block; padding: 0 7px; border-radius: 5px; font-size: 12px; font-weight: 600; white-space: nowrap; }
.tag.declared { background: var(--declared-tint); color: var(--declared); }
.tag.derived { background: var(--derived-tint); color: var(--derived); }
.tag.assumed { background: var(--assumed-tint); color: var(--assumed); }
.controls { display: grid; gap: 8px 12px; margin-bottom: 10px; grid-template-columns: minmax(200px, 1fr) repeat(3, auto); align-items: end; }
.controls[hidden] { display: none; }
.controls label { display: grid; gap: 2px; color: var(--muted); font-size: 12.5px; }
input, select, th button {
  min-height: 34px; padding: 4px 10px; border: 1px solid var(--control-line); border-radius: 8px; background: var(--card); color: var(--ink); font: inherit;
}
#shown { margin-bottom: 8px; color: var(--muted); }
#shown:empty { display: none; }
table { width: 100%; border-collapse: collapse; font-size: 13px; }
th, td { padding: 6px 12px 6px 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { border-top: 0; color: var(--muted); font-weight: 600; white-space: nowrap; vertical-align: middle; }
thead .number { text-align: right; }
th button { min-height: 26px; margin: 0 -5px; padding: 2px 4px; border-color: transparent; background: none; color: inherit; font-weight: 600; cursor: pointer; }
th button:hover { border-color: var(--control-line); color: var(--ink); }
th[aria-sort] { color: var(--ink); }
th[aria-sort="descending"] button::after { content: " \\2193"; }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
td.usd { font-weight: 600; }
td .path { overflow-wrap: anywhere; }
td .why { display: block; color: var(--muted); font-size: 12.5px; overflow-wrap: anywhere; }
tr.zero td { color: var(--muted); }
tr[hidden] { display: none; }
.plain li { padding: 8px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.plain li:first-child { border-top: 0; padding-top: 0; }
.plain strong { font-weight: 650; }
.plain span { display: block; color: var(--muted); }
summary { cursor: pointer; width: fit-content; border-radius: 4px; font-weight: 650; font-size: 15px; }
details .plain { margin-top: 10px; }
footer { color: var(--muted); max-width: 110ch; }
@media (max-width: 760px) {
  .controls { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .controls .wide { grid-column: 1 / -1; }
  .controls select, .controls input { width: 100%; }
  thead { display: none; }
  tbody, .lines { display: block; }
  .lines tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 1px 12px; padding: 9px 0; border-top: 1px solid var(--line); }
  .lines td { padding: 0; border: 0; }
  .lines td.usd { grid-area: 1 / 2; font-size: 15px; }
  .lines td.what { grid-area: 1 / 1; font-weight: 600; }
  .lines td.resource { grid-column: 1 / -1; }
  .lines td.quantity { grid-area: 2 / 1; text-align: left; color: var(--muted); white-space: normal; }
  .lines td.band { grid-area: 2 / 2; color: var(--muted); }
  .lines td.stage { grid-area: 4 / 1; color: var(--muted); }
  .lines td.kind { grid-area: 4 / 2; text-align: right; }
  .lines tr[hidden] { display: none; }
}
@media print {
  .controls { display: none; }
  .card { break-inside: avoid; }
  .card.all { break-inside: auto; }
}
`;
