import { element, make, setAttribute, setText } from './dom.js';
import { count } from './format.js';

/** Buttons: the load and each fault. */

/**
 * @typedef {import('../feed').Snapshot} Snapshot
 * @typedef {import('../../faults/vocabulary').FaultDefinition} FaultDefinition
 * @typedef {(command: string, input: object) => Promise<boolean>} Send carries a command to the run; false when it was refused
 */

/** After a command was carried out, a snapshot that was taken before it must not show its state again; in milliseconds. */
const SETTLING_MILLISECONDS = 1200;
/** Steps of the slider, whose scale is that of a logarithm above 0. */
const SLIDER_STEPS = 1000;
const LEAST_RATE = 10;

/** The load: slider and buttons. */
export class LoadControls {
  slider = element('rate', HTMLInputElement);
  output = element('rate-figure', HTMLOutputElement);
  halve = element('halve', HTMLButtonElement);
  double = element('double', HTMLButtonElement);
  pause = element('pause', HTMLButtonElement);
  end = element('end-load', HTMLButtonElement);
  /** What was asked for last, and what a pause goes back to. */
  rate = 0;
  resumeAt = 0;
  most = LEAST_RATE;
  heldUntil = 0;

  /** @param {Send} send */
  constructor(send) {
    this.send = send;
    this.slider.max = String(SLIDER_STEPS);
    this.slider.addEventListener('input', () => this.showRate(this.fromSlider()));
    this.slider.addEventListener('change', () => void this.ask(this.fromSlider()));
    this.halve.addEventListener('click', () => void this.ask(Math.max(1, Math.round(this.rate / 2))));
    this.double.addEventListener('click', () => void this.ask(Math.min(this.most, Math.max(1, this.rate) * 2)));
    this.pause.addEventListener('click', () => void this.ask(this.rate > 0 ? 0 : this.resumeAt || LEAST_RATE));
    this.end.addEventListener('click', () => void this.send('end-load', {}));
  }

  /** @param {number} most */
  setMost(most) {
    this.most = Math.max(LEAST_RATE, most);
  }

  /** @param {Snapshot} snapshot */
  show({ load, phase }) {
    for (const control of [this.slider, this.halve, this.double, this.pause]) {
      control.disabled = !load.adjustable;
    }
    this.end.disabled = phase === 'draining' || phase === 'judged';
    if (Date.now() < this.heldUntil || this.slider.matches(':active')) {
      return;
    }
    this.rate = load.paymentsPerSecond ?? 0;
    this.resumeAt = this.rate > 0 ? this.rate : this.resumeAt;
    this.slider.value = String(this.toSlider(this.rate));
    this.showRate(load.paymentsPerSecond);
    setText(this.pause, this.rate === 0 && load.adjustable ? 'Resume' : 'Pause');
  }

  /** @param {number} paymentsPerSecond */
  async ask(paymentsPerSecond) {
    if (await this.send('rate', { paymentsPerSecond })) {
      this.heldUntil = Date.now() + SETTLING_MILLISECONDS;
      this.resumeAt = paymentsPerSecond > 0 ? paymentsPerSecond : this.rate;
      this.rate = paymentsPerSecond;
      this.slider.value = String(this.toSlider(paymentsPerSecond));
      setText(this.pause, paymentsPerSecond === 0 ? 'Resume' : 'Pause');
    }
    this.showRate(this.rate);
  }

  /** @param {number | undefined} paymentsPerSecond */
  showRate(paymentsPerSecond) {
    setText(this.output, count(paymentsPerSecond));
    setAttribute(this.slider, 'aria-valuetext', `${count(paymentsPerSecond)} payments per second`);
  }

  /** The rate at the slider's place, with two digits that count. */
  fromSlider() {
    const place = Number(this.slider.value) / SLIDER_STEPS;
    return place === 0 ? 0 : Math.min(this.most, Number((LEAST_RATE * (this.most / LEAST_RATE) ** place).toPrecision(2)));
  }

  /** @param {number} rate */
  toSlider(rate) {
    if (rate <= LEAST_RATE) {
      return rate > 0 ? 1 : 0;
    }
    return Math.round(SLIDER_STEPS * Math.log(rate / LEAST_RATE) / Math.max(1e-9, Math.log(this.most / LEAST_RATE)));
  }
}

/** What stands around the value of a fault: it reads as a few words. @type {Record<FaultDefinition['unit'], [string, string]>} */
const AROUND_VALUE = { seconds: ['every', 's'], factor: ['limit ×', ''], probability: ['chance', ''], milliseconds: ['by', 'ms'] };

/** One fault: its value, a switch, and how often it was seen. */
export class FaultControl {
  on = false;
  busy = false;
  heldUntil = 0;

  /**
   * @param {FaultDefinition} fault
   * @param {Send} send
   */
  constructor(fault, send) {
    this.fault = fault;
    this.send = send;
    const [before, after] = fault.name === 'stream-unavailable' ? ['for', 's'] : AROUND_VALUE[fault.unit];
    this.seen = make('span', { className: 'seen', text: 'not seen' });
    this.input = make('input', { attributes: {
      'type': 'number', 'id': `value-${fault.name}`, 'min': String(fault.minimum), 'max': String(fault.maximum), 'step': 'any',
      'value': String(fault.suggested), 'aria-describedby': `about-${fault.name}`,
    } });
    this.toggle = make('button', { className: 'switch', attributes: {
      'type': 'button', 'id': `fault-${fault.name}`, 'role': 'switch', 'aria-checked': 'false', 'aria-label': fault.title,
      'aria-describedby': `about-${fault.name}`,
    } });
    this.node = make('li', {}, [
      make('div', { className: 'fault-name' }, [make('span', { className: 'fault-title', text: fault.title }), this.seen]),
      make('label', { className: 'value', attributes: { for: `value-${fault.name}` } }, [
        make('span', { className: 'visually-hidden', text: `${fault.title}: ` }), make('span', { className: 'muted', text: before }), this.input,
        make('span', { className: 'muted unit', text: after }),
      ]),
      this.toggle,
      make('p', { text: sentence(fault), attributes: { id: `about-${fault.name}`, hidden: '' } }),
    ]);
    this.toggle.addEventListener('click', () => void this.ask(!this.on));
    this.input.addEventListener('change', () => this.on && void this.ask(true));
  }

  /** @param {boolean} on */
  async ask(on) {
    if (this.busy || (on && !this.input.reportValidity())) {
      return;
    }
    this.busy = true;
    if (await this.send('fault', { name: this.fault.name, value: on ? Number(this.input.value) : null })) {
      this.heldUntil = Date.now() + SETTLING_MILLISECONDS;
      this.showState(on);
    }
    this.busy = false;
  }

  /** @param {Snapshot} snapshot */
  show({ faults, phase }) {
    const value = faults.settings[this.fault.name];
    const seen = faults.counts[this.fault.name];
    this.toggle.disabled = phase !== 'load' && phase !== 'input';
    setText(this.seen, seen === 0 ? 'not seen' : `seen ${count(seen)}`);
    this.seen.classList.toggle('some', seen > 0);
    if (Date.now() >= this.heldUntil && !this.busy) {
      this.showState(value !== undefined);
      if (value !== undefined && document.activeElement !== this.input) {
        this.input.value = String(value);
      }
    }
  }

  /** @param {boolean} on */
  showState(on) {
    this.on = on;
    setAttribute(this.toggle, 'aria-checked', String(on));
    this.node.classList.toggle('on', on);
  }
}

/**
 * What each fault does, in words.
 *
 * @param {readonly FaultDefinition[]} faults
 */
export function explainFaults(faults) {
  return make('details', { className: 'faults-about' }, [
    make('summary', { text: 'What each does' }),
    make('dl', {}, faults.map((fault) => make('div', {}, [
      make('dt', { text: fault.title }),
      make('dd', { text: `${sentence(fault)} When: ${fault.trigger}. Counted: ${fault.seenAs}.` }),
    ]))),
  ]);
}

/** @param {FaultDefinition} fault */
function sentence({ summary, fisAction }) {
  return `${summary[0].toUpperCase()}${summary.slice(1)}. In AWS Fault Injection Service: ${fisAction ?? 'none exists'}.`;
}
