import { make, Pace, setAttribute, setText } from './dom.js';
import { compact, timeOfDay, UNKNOWN } from './format.js';

/**
 * Charts over time, each with its figures as text beside it and as a table behind it.
 *
 * @typedef {{ name: string, color: string, dash?: number[], width?: number, fill?: boolean }} SeriesProps
 * @typedef {{ id: string, title: string, unit: string, least: number, format: (value: number | null) => string, series: SeriesProps[] }} ChartProps
 */

/** Seconds that the charts remember. */
const HISTORY_SECONDS = 300;
/** Seconds that they show at least. */
const LEAST_SECONDS = 60;
const HEIGHT = 138;
const FONT = '11px system-ui, sans-serif';
/** Rows of the table behind a chart, and seconds between them. */
const TABLE_ROWS = 10;
const TABLE_SECONDS = 5;

/** @type {typeof import('uplot')} */
const Plot = /** @type {any} */ (globalThis).uPlot;

/** A colour of the style sheet. @param {string} name */
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export class Chart {
  /** When the figures were taken, in seconds since 1970. */
  times = /** @type {number[]} */ ([]);
  /** The figures of each series. */
  columns;
  /** Times of events, in seconds. */
  marks = /** @type {number[]} */ ([]);
  plot = /** @type {import('uplot') | undefined} */ (undefined);
  hovered = /** @type {number | undefined} */ (undefined);

  /** @param {ChartProps} props */
  constructor(props) {
    this.props = props;
    this.columns = props.series.map(() => /** @type {(number | null)[]} */ ([]));
    this.values = props.series.map(() => make('dd', { text: UNKNOWN }));
    this.canvas = make('div', { className: 'plot', attributes: { role: 'img' } });
    this.rows = make('tbody');
    this.details = make('details', {}, [make('summary', { text: 'As a table' }), make('div', { className: 'scroll' }, [make('table', {}, [
      make('caption', { className: 'visually-hidden', text: `${props.title} (${props.unit})` }),
      make('thead', {}, [make('tr', {}, ['time', ...props.series.map(({ name }) => name)].map((text) => make('th', { text, attributes: { scope: 'col' } })))]),
      this.rows,
    ])])]);
    const legend = make('dl', { className: 'legend' }, props.series.map((series, index) => make('div', {}, [
      make('dt', {}, [make('span', { className: `key ${series.dash ? 'dashed' : ''} ${series.color.slice(2)}` }), series.name]), this.values[index],
    ])));
    this.node = make('figure', { className: 'card chart', attributes: { id: `chart-${props.id}` } }, [
      make('figcaption', {}, [make('h3', { text: props.title }), make('span', { className: 'muted', text: props.unit })]), legend, this.canvas, this.details,
    ]);
    this.details.addEventListener('toggle', () => this.showTable());
    this.pace = new Pace(this.node);
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.plot && this.draw());
  }

  /**
   * Adds the figures of one moment.
   *
   * @param {number} at milliseconds since 1970
   * @param {(number | null)[]} values
   */
  add(at, values) {
    const seconds = at / 1000;
    this.times.push(seconds);
    values.forEach((value, index) => this.columns[index].push(value));
    while (this.times[0] < seconds - HISTORY_SECONDS) {
      this.times.shift();
      this.columns.forEach((column) => column.shift());
    }
    this.marks = this.marks.filter((mark) => mark >= seconds - HISTORY_SECONDS);
    this.update();
  }

  /** Marks an event on the time axis. @param {number} at milliseconds since 1970 */
  mark(at) {
    this.marks.push(at / 1000);
  }

  /** Brings what is seen up to date; nothing while nobody can see it. */
  update() {
    if (document.hidden) {
      return;
    }
    if (this.plot && !this.pace.isDue()) {
      return;
    }
    if (this.plot) {
      this.plot.setData([this.times, ...this.columns]);
    } else {
      this.draw();
    }
    this.showValues();
    this.showTable();
  }

  /** Writes the figures of the moment under the pointer, or of the last one. */
  showValues() {
    const last = this.times.length - 1;
    const index = Math.min(this.hovered ?? last, last);
    const texts = this.props.series.map((_, series) => this.props.format(this.columns[series][index] ?? null));
    texts.forEach((text, series) => setText(this.values[series], text));
    const summary = this.props.series.map(({ name }, series) => `${name} ${this.props.format(this.columns[series][last] ?? null)}`).join(', ');
    setAttribute(this.canvas, 'aria-label', `${this.props.title} over time, ${this.props.unit}. Now: ${summary}.`);
  }

  /** The last values in steps of some seconds, newest first; only while the table is open. */
  showTable() {
    if (!this.details.open) {
      return;
    }
    const { times, columns } = this;
    const indexes = Array.from({ length: TABLE_ROWS }, (_, row) => times.length - 1 - row * TABLE_SECONDS).filter((index) => index >= 0);
    this.rows.replaceChildren(...indexes.map((index) => make('tr', {}, [
      make('th', { text: timeOfDay(times[index] * 1000), attributes: { scope: 'row' } }),
      ...columns.map((column) => make('td', { className: 'number', text: this.props.format(column[index]) })),
    ])));
  }

  resize() {
    const width = this.canvas.clientWidth;
    if (this.plot && width > 0 && width !== this.plot.width) {
      this.plot.setSize({ width, height: HEIGHT });
    }
  }

  /** Makes the chart anew, in the colours of the moment. */
  draw() {
    this.plot?.destroy();
    const grid = { stroke: color('--grid'), width: 1 };
    const axis = { stroke: color('--muted'), grid, ticks: { show: false }, font: FONT };
    this.plot = new Plot({
      width: Math.max(160, this.canvas.clientWidth),
      height: HEIGHT,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false }, sync: { key: 'run' } },
      scales: {
        x: { time: true, range: (_, least, most) => [most - Math.min(HISTORY_SECONDS, Math.max(LEAST_SECONDS, most - least)), most] },
        y: { range: (_, __, most) => [0, Math.max(this.props.least, (most ?? 0) * 1.08)] },
      },
      axes: [
        { ...axis, size: 26, gap: 7, space: 90, values: (_, splits) => splits.map((seconds) => timeOfDay(seconds * 1000)) },
        { ...axis, size: 44, gap: 6, space: 32, values: (_, splits) => splits.map((value) => compact(value)) },
      ],
      series: [{}, ...this.props.series.map((series) => ({
        label: series.name, stroke: color(series.color), width: series.width ?? 1.75, dash: series.dash, points: { show: false },
        fill: series.fill ? `${color(series.color)}1f` : undefined,
      }))],
      hooks: {
        setCursor: [(plot) => {
          this.hovered = plot.cursor.idx ?? undefined;
          this.showValues();
        }],
        draw: [(plot) => this.drawMarks(plot)],
      },
    }, [this.times, ...this.columns], this.canvas);
  }

  /** Short ticks at the bottom, where something was broken. @param {import('uplot')} plot */
  drawMarks(plot) {
    const { ctx, bbox } = plot;
    const length = 7 * devicePixelRatio;
    ctx.save();
    ctx.fillStyle = color('--warn');
    for (const mark of this.marks) {
      const x = plot.valToPos(mark, 'x', true);
      if (x >= bbox.left && x <= bbox.left + bbox.width) {
        ctx.fillRect(Math.round(x), bbox.top + bbox.height - length, Math.max(1, devicePixelRatio * 1.5), length);
      }
    }
    ctx.restore();
  }
}
