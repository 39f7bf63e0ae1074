import { element, make, setAttribute, setRows, setText } from './dom.js';
import { bytes, count, counted, duration, percent, rate, shortName, UNKNOWN } from './format.js';

/** Shards, mappings and limits. */

/**
 * @typedef {import('../feed').Snapshot} Snapshot
 * @typedef {import('../feed').StreamState} StreamState
 * @typedef {import('./rates.js').Rates} Rates
 * @typedef {{ id: string, records: number | null, bytes: number | null, throttled: number | null, share: number | null }} Heat
 */

/** Share of a limit from which a shard is framed. */
const NEAR_LIMIT = 0.8;
/** Up to this many shards, cells carry their figure. */
const MOST_LABELLED = 16;
const KINDS = { kinesis: 'Kinesis stream', 'table-stream': 'stream of a table', topic: 'topic of Kafka' };
const SOURCES = { kinesis: 'Kinesis', 'table-stream': 'table stream', queue: 'queue' };

/** A strip of cells for each stream. */
export class HeatStrips {
  strips = /** @type {Map<string, ReturnType<HeatStrips['makeStrip']>>} */ (new Map());

  /** @param {Element} container */
  constructor(container) {
    this.container = container;
  }

  /**
   * @param {Snapshot} snapshot
   * @param {Rates} rates
   */
  show({ streams }, rates) {
    for (const stream of streams) {
      let strip = this.strips.get(stream.name);
      if (!strip) {
        strip = this.makeStrip(stream);
        this.strips.set(stream.name, strip);
        this.container.append(strip.node);
      }
      const heats = stream.shards.filter(({ open }) => open).map((shard) => heatOf(stream, shard, rates));
      this.update(strip, stream, heats);
    }
  }

  /** @param {StreamState} stream */
  makeStrip(stream) {
    const summary = make('p', { className: 'muted' });
    const cells = make('div', { className: 'cells', attributes: { role: 'img' } });
    const rows = make('tbody');
    const heading = make('h3', { attributes: { title: stream.name } }, [shortName(stream.name), make('span', { className: 'muted', text: ` ${KINDS[stream.kind]}` })]);
    const details = make('details', {}, [make('summary', { text: 'As a table' }), make('div', { className: 'scroll' }, [make('table', {}, [
      make('caption', { className: 'visually-hidden', text: `Shards of ${stream.name}` }),
      make('thead', {}, [make('tr', {}, ['shard', 'records/s', 'bytes/s', 'of limit', 'throttled/s'].map((text, index) => make('th', {
        text, className: index > 0 ? 'number' : '', attributes: { scope: 'col' },
      })))]),
      rows,
    ])])]);
    return { node: make('div', { className: 'strip' }, [heading, summary, cells, details]), summary, cells, rows, details };
  }

  /**
   * @param {ReturnType<HeatStrips['makeStrip']>} strip
   * @param {StreamState} stream
   * @param {Heat[]} heats
   */
  update({ summary, cells, rows, details }, stream, heats) {
    const most = Math.max(0, ...heats.map(({ records }) => records ?? 0));
    const sum = heats.reduce((total, { records }) => total + (records ?? 0), 0);
    const known = heats.some(({ records }) => records !== null);
    const closed = stream.shards.length - heats.length;
    const shares = heats.map(({ share }) => share).filter((share) => share !== null);
    const text = `${counted(heats.length, 'open shard')}${closed > 0 ? `, ${closed} closed` : ''}, ${known ? rate(sum) : UNKNOWN} records/s`
      + `${most > 0 ? `, hottest ${percent(most / sum)} of all` : ''}${shares.length > 0 ? `, ${percent(Math.max(...shares))} of its limit` : ''}`;
    setText(summary, text);
    setAttribute(cells, 'aria-label', `${stream.name}: ${text}`);
    while (cells.children.length > heats.length) {
      cells.lastElementChild?.remove();
    }
    while (cells.children.length < heats.length) {
      cells.append(make('span', { className: 'cell' }));
    }
    cells.classList.toggle('many', heats.length > MOST_LABELLED);
    heats.forEach((heat, index) => {
      const cell = /** @type {HTMLElement} */ (cells.children[index]);
      cell.style.setProperty('--heat', warmth(heat.records ?? 0, sum / heats.length).toFixed(2));
      cell.classList.toggle('near', (heat.share ?? 0) >= NEAR_LIMIT || (heat.throttled ?? 0) > 0);
      cell.title = heat.id;
      setText(cell, heats.length > MOST_LABELLED ? '' : rate(heat.records));
    });
    if (details.open) {
      setRows(rows, heats.map(({ id, records, bytes: size, share, throttled }) => ({
        key: id, cells: [id, rate(records), bytes(size), share === null ? UNKNOWN : percent(share), rate(throttled)],
      })), ['name', 'number', 'number', 'number', 'number']);
    }
  }
}

/**
 * How warm a cell is, 0 to 1: a third for an even share, all for twice that and more.
 *
 * @param {number} records
 * @param {number} even
 */
function warmth(records, even) {
  return even === 0 ? 0 : Math.min(1, Math.max(0, (records / even - 0.5) / 1.5));
}

/**
 * @param {StreamState} stream
 * @param {import('../feed').ShardState} shard
 * @param {Rates} rates
 * @returns {Heat}
 */
function heatOf({ name, shardLimits }, shard, rates) {
  const heat = rates.ofShard(name, shard);
  const share = shardLimits && heat.records !== null && heat.bytes !== null
    ? Math.max(heat.records / shardLimits.records, heat.bytes / shardLimits.bytes)
    : null;
  return { id: shard.id, ...heat, share };
}

/**
 * @param {Snapshot} snapshot
 * @param {Rates} rates
 */
export function showMappings({ mappings }, rates) {
  const kinds = Object.keys(SOURCES);
  const sorted = [...mappings].sort((left, right) => kinds.indexOf(left.source) - kinds.indexOf(right.source));
  setRows(element('mappings', HTMLElement), sorted.map((mapping) => {
    const { invocations, delivered } = rates.ofMapping(mapping);
    return {
      key: mapping.id,
      cells: [
        `${shortName(mapping.functionName)}\n${SOURCES[mapping.source]} ${shortName(mapping.sourceName)}`, duration(mapping.iteratorAge), duration(mapping.oldestRecordAge),
        rate(invocations), rate(delivered), count(mapping.inFlight), count(mapping.redelivered), count(mapping.errors), count(mapping.throttles),
        count(mapping.discarded),
      ],
    };
  }), ['name two', ...Array(9).fill('number')]);
}

/**
 * What the engines hold the run to: shards of streams, units of tables.
 *
 * @param {Snapshot} snapshot
 * @param {Rates} rates
 */
export function showLimits({ streams, tables }, rates) {
  const rows = [...streams.flatMap((stream) => streamLimits(stream, rates)), ...tables.flatMap((table) => tableLimits(table, rates))];
  const body = element('limits', HTMLElement);
  setRows(body, rows.map(({ part, limit, now, most, format, spread, throttled }) => ({
    key: `${part} ${limit}`,
    cells: [shortName(part), limit, format(now), format(most), now === null ? UNKNOWN : percent(now / most), spread, count(throttled)],
  })), ['name', '', 'number', 'number', 'used', 'number', 'number']);
  rows.forEach(({ now, most }, index) => {
    const cell = /** @type {HTMLElement} */ (body.children[index].children[4]);
    const used = Math.min(1, (now ?? 0) / most);
    cell.style.setProperty('--used', used.toFixed(3));
    cell.classList.toggle('near', used >= NEAR_LIMIT);
  });
}

/**
 * Adds what is known.
 *
 * @param {number | null} total
 * @param {number | null} value
 */
function add(total, value) {
  return value === null ? total : (total ?? 0) + value;
}

/**
 * One limit: what is used of it now, and what it is spread over.
 *
 * @typedef {{
 *   part: string, limit: string, now: number | null, most: number, format: (value: number | null) => string, spread: string, throttled: number
 * }} LimitRow
 */

/**
 * @param {StreamState} stream
 * @param {Rates} rates
 * @returns {LimitRow[]}
 */
function streamLimits(stream, rates) {
  const { shardLimits } = stream;
  if (!shardLimits) {
    return [];
  }
  const open = stream.shards.filter((shard) => shard.open);
  const throttled = stream.shards.reduce((sum, shard) => sum + shard.throttled, 0);
  /** @param {'records' | 'bytes'} what */
  const sum = (what) => open.map((shard) => rates.ofShard(stream.name, shard)[what]).reduce(add, null);
  const shared = { part: stream.name, spread: counted(open.length, 'shard'), throttled };
  return [
    { ...shared, limit: 'records written/s', now: sum('records'), most: shardLimits.records * open.length, format: rate },
    { ...shared, limit: 'bytes written/s', now: sum('bytes'), most: shardLimits.bytes * open.length, format: bytes },
  ];
}

/**
 * @param {import('../feed').TableState} table
 * @param {Rates} rates
 * @returns {LimitRow[]}
 */
function tableLimits(table, rates) {
  const { writeUnits, readUnits } = rates.ofTable(table);
  const shared = { part: table.name, spread: counted(table.partitions, 'partition'), format: rate };
  return [
    { ...shared, limit: 'write units/s', now: writeUnits, most: table.writeUnitsPerSecond, throttled: table.throttledWrites },
    { ...shared, limit: 'read units/s', now: readUnits, most: table.readUnitsPerSecond, throttled: table.throttledReads },
  ];
}
