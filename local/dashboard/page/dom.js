/** Small helpers to read and change the page. */

/**
 * An element that the page has.
 *
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`The page has no ${kind.name} #${id}.`);
  }
  return found;
}

/**
 * A new element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {{ className?: string, text?: string, attributes?: Record<string, string> }} [properties]
 * @param {(Node | string)[]} [children]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, { className, text, attributes } = {}, children = []) {
  const node = document.createElement(tag);
  if (className) {
    node.className = className;
  }
  if (text !== undefined) {
    node.textContent = text;
  }
  for (const [name, value] of Object.entries(attributes ?? {})) {
    node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * Changes a text only where it differs: an untouched node costs the browser nothing.
 *
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) {
    node.setAttribute(name, value);
  }
}

/**
 * Keeps a row for each key in a table's body, in the order of the keys.
 *
 * @param {Element} body
 * @param {readonly { key: string, cells: readonly string[] }[]} rows
 * @param {readonly string[]} classes of the cells; the first cell is the row's heading
 */
export function setRows(body, rows, classes) {
  rows.forEach(({ key, cells }, index) => {
    let row = /** @type {HTMLElement | undefined} */ (body.children[index]);
    if (row?.dataset.key !== key) {
      const made = make('tr', {}, cells.map((_, cell) => make(cell === 0 ? 'th' : 'td', {
        className: classes[cell], attributes: cell === 0 ? { scope: 'row' } : {},
      })));
      made.dataset.key = key;
      body.insertBefore(made, row ?? null);
      row = made;
    }
    cells.forEach((text, cell) => setText(/** @type {HTMLElement} */ (row).children[cell], text));
  });
  while (body.children.length > rows.length) {
    body.lastElementChild?.remove();
  }
}

/** Of so many updates, a part of the page that is outside the window gets one: it is not seen, and a screen reader may still read it. */
const UNSEEN_PACE = 5;

/** Says when a part of the page is due for an update. */
export class Pace {
  inView = true;
  skipped = 0;

  /** @param {Element} node */
  constructor(node) {
    new IntersectionObserver((entries) => (this.inView = entries[entries.length - 1].isIntersecting)).observe(node);
  }

  /** Whether the part takes this update. */
  isDue() {
    this.skipped = this.inView || this.skipped + 1 >= UNSEEN_PACE ? 0 : this.skipped + 1;
    return this.skipped === 0;
  }
}
