import { showBooks, showVerdict, verdictWord } from './books.js';
import { explainFaults, FaultControl, LoadControls } from './controls.js';
import { element, Pace, setText } from './dom.js';
import { HeatStrips, showLimits, showMappings } from './engines.js';
import { EventLogView } from './event-log.js';
import { Figures } from './figures.js';
import { clock } from './format.js';
import { Rates } from './rates.js';

/** The live page of a run: listens to its updates and shows them. */

/**
 * @typedef {import('../feed').Snapshot} Snapshot
 * @typedef {import('../feed').RunDescription & { faults: import('../../faults/vocabulary').FaultDefinition[] }} Description
 */

const PHASES = { starting: 'starting', probe: 'probe', load: 'load', input: 'input', draining: 'draining', judged: 'judged' };

const figures = new Figures(element('charts', HTMLElement));
const heat = new HeatStrips(element('heat', HTMLElement));
const log = new EventLogView();
/** Parts that are drawn at the pace at which they can be seen. */
const DETAILS = [
  { pace: new Pace(element('heat', HTMLElement)), show: heat.show.bind(heat) },
  { pace: new Pace(element('mappings', HTMLElement)), show: showMappings },
  { pace: new Pace(element('limits', HTMLElement)), show: showLimits },
];
const load = new LoadControls(send);
let faults = /** @type {FaultControl[]} */ ([]);
let faultTitles = /** @type {Map<string, string>} */ (new Map());
let before = /** @type {Snapshot | undefined} */ (undefined);
/** When the last snapshot came, by the clock of this browser. */
let heardAt = 0;
let ended = false;

/**
 * Carries a command to the run; what it refuses goes to the log.
 *
 * @param {string} command
 * @param {object} input
 */
async function send(command, input) {
  const reason = await fetch(command, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(input) })
    .then(async (response) => (response.ok ? undefined : String((await response.json()).message)), () => 'The run does not answer.');
  if (reason !== undefined) {
    log.add(Date.now(), 'refused', reason, 'problem');
  }
  return reason === undefined;
}

/** @param {Description} description */
function describe({ title, engines, seed, mostPaymentsPerSecond, faults: definitions }) {
  document.title = title;
  setText(element('title', HTMLElement), title);
  setText(element('engines', HTMLElement), `${Object.entries(engines).map(([part, name]) => `${part}: ${name}`).join(' · ')} · seed ${seed}`);
  load.setMost(mostPaymentsPerSecond);
  if (faults.length === 0) {
    faults = definitions.map((fault) => new FaultControl(fault, send));
    faultTitles = new Map(definitions.map((fault) => [fault.name, fault.title]));
    element('faults', HTMLElement).append(...faults.map(({ node }) => node));
    element('faults', HTMLElement).after(explainFaults(definitions));
  }
}

/** @param {Snapshot} snapshot */
function show(snapshot) {
  const rates = new Rates(before, snapshot);
  before = snapshot;
  heardAt = Date.now();
  showPhase(snapshot);
  if (snapshot.phase !== 'judged') {
    // Nothing of the run comes after its verdict: the charts keep what led to it.
    figures.add(snapshot, rates);
  }
  if (!document.hidden) {
    showBooks(snapshot);
    DETAILS.filter(({ pace }) => pace.isDue()).forEach((details) => details.show(snapshot, rates));
  }
  load.show(snapshot);
  faults.forEach((control) => control.show(snapshot));
  if (snapshot.judgement) {
    showVerdict(snapshot.judgement);
  }
}

/** @param {Snapshot} snapshot */
function showPhase({ at, phase, phaseSince, load: { endsAt }, judgement }) {
  const badge = element('phase', HTMLElement);
  setText(badge, judgement ? verdictWord(judgement.passed) : PHASES[phase]);
  badge.className = `badge ${judgement ? (judgement.passed ? 'good' : 'bad') : phase}`;
  const length = endsAt === undefined ? '' : ` of ${clock(endsAt - phaseSince)}`;
  setText(element('clock', HTMLElement), judgement ? '' : `${clock(at - phaseSince)}${length}`);
  document.title = `${badge.textContent} · ${element('title', HTMLElement).textContent}`;
}

/** Says how fresh the figures are. */
function showConnection() {
  const seconds = Math.round((Date.now() - heardAt) / 1000);
  const text = ended ? 'The run has ended: these are its last figures.' : heardAt === 0 ? 'Waiting for the run.' : seconds > 3 ? `No news for ${seconds - seconds % 5} s.` : 'Live, every second.';
  setText(element('connection', HTMLElement), text);
  document.body.classList.toggle('stale', !ended && heardAt > 0 && seconds > 3);
}

const updates = new EventSource('updates');
updates.addEventListener('description', (event) => describe(JSON.parse(event.data)));
updates.addEventListener('snapshot', (event) => show(JSON.parse(event.data)));
updates.addEventListener('happened', (event) => {
  const { at, fault, text } = JSON.parse(event.data);
  const title = fault ? faultTitles.get(fault) ?? fault : 'run';
  // In a terminal the line has to name the fault; here the tag does.
  log.add(at, title, text.startsWith(`${title}: `) ? text.slice(title.length + 2) : text, fault ? 'fault' : 'run');
  if (fault) {
    figures.mark(at);
  }
});
updates.addEventListener('end', () => {
  ended = true;
  updates.close();
  log.add(Date.now(), 'run', 'The run has ended.', 'run');
  for (const control of document.querySelectorAll('#controls :is(button, input)')) {
    /** @type {HTMLButtonElement | HTMLInputElement} */ (control).disabled = true;
  }
  showConnection();
});
setInterval(showConnection, 1000);
document.addEventListener('visibilitychange', () => before && !document.hidden && showBooks(before));
