import * as fs from 'node:fs';
import * as path from 'node:path';
import { cellToBoundary, getBaseCellNumber, getRes0Cells, greatCircleDistance, gridDisk, latLngToCell } from 'h3-js';
import { fraudRuleProperties, resolveFraudRules } from '../../constructs/analytics/fraud-rules';
import { root } from '../house/source-files';

const folder = path.join(root, 'analytics', 'fraud');
const read = (file: string): string => fs.readFileSync(path.join(folder, file), 'utf8');

/** Lines of SQL that are no comments. */
const sql = [...read('tables.sql').split('\n'), ...read('fraud.sql').split('\n')].filter((line) => !line.startsWith('--')).join('\n');
const main = read('main.py');

describe('the package of the fraud rules', () => {
  const cells = new Map(getRes0Cells().map((cell) => [getBaseCellNumber(cell), cell]));
  const neighbours = (base: number): number[] => gridDisk(cells.get(base)!, 1)
    .map(getBaseCellNumber).filter((it) => it !== base).sort((a, b) => a - b);

  it('knows the regions and their neighbours as H3 has them', () => {
    const lines = read('regions.txt').split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(' ').map(Number));
    expect(lines).toEqual([...cells.keys()].sort((a, b) => a - b).map((base) => [base, ...neighbours(base)]));
  });

  it('calls two regions far that are at least 1,196 km apart', () => {
    const corners = new Map([...cells].map(([base, cell]) => [base, cellToBoundary(cell)]));
    let least = Infinity;
    for (const [a, own] of corners) {
      const near = new Set([a, ...neighbours(a)]);
      for (const [b, others] of corners) {
        if (b > a && !near.has(b)) {
          for (const distance of own.flatMap((p) => others.map((q) => greatCircleDistance(p, q, 'km')))) {
            // Of two points on opposite sides of the Earth it is no number.
            least = distance < least ? distance : least;
          }
        }
      }
    }
    expect(Math.round(least)).toBe(1_196);
  });

  it('reads the base cell from the text of a cell as H3 does', () => {
    // The same arithmetic as in tables.sql: the seven bits behind mode and resolution.
    const digit = (cell: string, position: number): number => '0123456789abcdef'.indexOf(cell[position - 1]);
    for (const resolution of [0, 3, 9, 15]) {
      for (const [latitude, longitude] of [[0, 0], [48.857, 2.352], [-33.9, 151.2], [71, -8], [-85, 120]]) {
        const cell = latLngToCell(latitude, longitude, resolution);
        expect(cell).toMatch(/^8[0-9a-f]{14}$/);
        expect(digit(cell, 3) * 8 + Math.floor(digit(cell, 4) / 2)).toBe(getBaseCellNumber(cell));
      }
    }
  });

  it('gets every value from the properties of the construct, or makes it itself', () => {
    const used = new Set([...sql.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name));
    const stated = Object.keys(fraudRuleProperties(resolveFraudRules())['fraud.rules']);
    const made = ['events.options', 'decisions.options', 'amount.limit', 'geo.neighbours', 'lateness.interval', 'velocity.interval', 'geo.interval'];
    expect([...used].filter((name) => !stated.includes(name) && !made.includes(name))).toEqual([]);
    expect([...used].filter((name) => !/^[a-z.]+$/.test(name))).toEqual([]);
    expect(stated.filter((name) => !main.includes(`"${name}":`))).toEqual([]);
  });

  it('takes only job settings that Managed Flink lets a program change', () => {
    // https://docs.aws.amazon.com/managed-flink/latest/java/programmatic-configuration.html
    const allowed = ['pipeline.name', 'table.local-time-zone', 'table.exec.source.idle-timeout', 'table.exec.state.ttl'];
    expect(Object.keys(fraudRuleProperties(resolveFraudRules())['fraud.job']).filter((name) => !allowed.includes(name))).toEqual([]);
  });

  it('needs no file that is not in it, and nothing from PyPI but PyFlink', () => {
    expect([...main.matchAll(/^(?:from|import) ([a-z]+)/gm)].map(([, name]) => name).sort()).toEqual(['json', 'os', 'pathlib', 'pyflink', 'pyflink', 're']);
    expect(fs.readdirSync(folder).filter((name) => !name.startsWith('__')).sort()).toEqual(['connector.lock.json', 'fraud.sql', 'main.py', 'regions.txt', 'tables.sql']);
  });
});
