import { element, make, setText } from './dom.js';
import { timeOfDay } from './format.js';

/** What happened, newest first, and the same spoken in few words. */

/** Lines that are kept. */
const MOST_LINES = 200;
/** A screen reader is told at most this often, in milliseconds: a fault may strike many times a second. */
const ANNOUNCE_MILLISECONDS = 4000;

export class EventLogView {
  list = element('log', HTMLOListElement);
  announcer = element('announcer', HTMLElement);
  waiting = /** @type {string[]} */ ([]);
  timer = /** @type {number | undefined} */ (undefined);

  /**
   * @param {number} at milliseconds since 1970
   * @param {string} tag a word or two on what kind of event it is
   * @param {string} text
   * @param {'fault' | 'run' | 'problem'} kind
   */
  add(at, tag, text, kind) {
    document.getElementById('log-empty')?.remove();
    this.list.prepend(make('li', { className: kind }, [make('time', { text: timeOfDay(at) }), make('span', { className: 'tag', text: tag }), make('span', { text })]));
    while (this.list.children.length > MOST_LINES) {
      this.list.lastElementChild?.remove();
    }
    this.announce(`${tag}: ${text}`);
  }

  /** Tells a screen reader: the latest line, and how many came with it. @param {string} text */
  announce(text) {
    this.waiting.push(text);
    this.timer ??= setTimeout(() => {
      const last = this.waiting[this.waiting.length - 1];
      setText(this.announcer, this.waiting.length > 1 ? `${this.waiting.length} events. Latest: ${last}` : last);
      this.waiting = [];
      this.timer = setTimeout(() => {
        this.timer = undefined;
        if (this.waiting.length > 0) {
          this.announce(/** @type {string} */ (this.waiting.pop()));
        }
      }, ANNOUNCE_MILLISECONDS);
    }, 100);
  }
}
