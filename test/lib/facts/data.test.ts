import * as fs from 'node:fs';
import * as path from 'node:path';
import { type FactRow, Facts, quotaServiceCode } from '../../../lib/facts';

const FOLDER = path.join(__dirname, '../../../lib/facts');
const CONFIDENCES = ['high', 'medium', 'low', 'reported', 'knowledge', 'chosen'];
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d$/;
/** Characters of a unit, so that tables fit a terminal. */
const LONGEST_UNIT = 20;

const files = fs.readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
const rowsByFile = new Map(files.map((file) => [file, JSON.parse(fs.readFileSync(path.join(FOLDER, file), 'utf8')) as readonly FactRow[]]));
const rows = [...rowsByFile.values()].flat();
const quotas = rowsByFile.get('quotas.json')!;

/** Names of the rows for which something holds, so that a failure tells which. */
function named(of: readonly FactRow[], holds: (row: FactRow) => boolean): string[] {
  return of.filter(holds).map((row) => `${row.service}/${row.key}@${row.region}`);
}

describe('the data files', () => {
  it('are all read', () => {
    expect(Facts.DEFAULT.list().map((fact) => fact.id).sort()).toEqual([...new Set(rows.map((row) => `${row.service}/${row.key}`))].sort());
    expect(rows.length).toBeGreaterThan(1_000);
  });

  it('hold each fact once for each region', () => {
    const places = rows.flatMap((row) => row.region.split(',').map((region) => `${row.service}/${row.key}@${region}`));
    expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
  });

  it('keep prices apart, so that they can be loaded later', () => {
    const prices = new Set(rowsByFile.get('prices.json')!.map((row) => `${row.service}/${row.key}`));
    const others = [...rowsByFile].filter(([file]) => file !== 'prices.json').flatMap(([, of]) => of);
    expect(named(others, (row) => prices.has(`${row.service}/${row.key}`))).toEqual([]);
    expect(named(others, (row) => row.unit.startsWith('USD') && row.confidence !== 'chosen')).toEqual([]);
  });

  it('give every value a short unit and a type', () => {
    expect(named(rows, (row) => row.unit === '' || row.unit.length > LONGEST_UNIT || / per |incl/.test(row.unit))).toEqual([]);
    expect(named(rows, (row) => !['number', 'string', 'boolean'].includes(typeof row.value))).toEqual([]);
    expect(named(rows, (row) => typeof row.value === 'string' && row.unit !== 'text')).toEqual([]);
    expect(named(rows, (row) => typeof row.value === 'boolean' && row.unit !== 'flag')).toEqual([]);
    expect(named(rows, (row) => typeof row.value === 'number' && !(Number.isFinite(row.value) && row.value >= 0))).toEqual([]);
  });

  it('say of every region which it is', () => {
    expect(named(rows, (row) => !row.region.split(',').every((region) => REGION.test(region)) && !['all', 'other', 'global'].includes(row.region))).toEqual([]);
  });

  it('name the evidence of what is trusted, and none of what is not', () => {
    expect(named(rows, (row) => !CONFIDENCES.includes(row.confidence))).toEqual([]);
    const trusted = rows.filter((row) => ['high', 'medium'].includes(row.confidence));
    expect(named(trusted, (row) => !/\S{5}/.test(row.source ?? ''))).toEqual([]);
    expect(named(trusted, (row) => !/^20\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/.test(row.asOf ?? ''))).toEqual([]);
    expect(named(rows, (row) => ['knowledge', 'reported'].includes(row.confidence) && row.source !== null)).toEqual([]);
    expect(named(rows, (row) => row.confidence === 'knowledge' && row.asOf !== null)).toEqual([]);
  });

  it('say of every limit whether AWS raises it', () => {
    const isLimit = ({ key, value }: FactRow): boolean => typeof value === 'number' && /(^|\.)(max|min)([A-Z.]|$)|[qQ]uota|tps$|perRegion|perAccount/.test(key);
    expect(quotas.filter(isLimit).length).toBeGreaterThan(50);
    expect(named(quotas, (row) => isLimit(row) && row.adjustable === undefined)).toEqual([]);
  });

  it('mark what an account shares', () => {
    expect(named(quotas, (row) => row.adjustable === true && /^(on demand, )?per account/.test(row.note ?? '') && row.shared !== true)).toEqual([]);
  });

  it('name a quota code only for what can be raised, one a fact, in a service that has a code', () => {
    const coded = rows.filter((row) => row.quotaCode !== undefined);
    expect(coded.length).toBeGreaterThan(40);
    expect(named(coded, (row) => row.adjustable !== true || !/^L-[0-9A-F]{8}$/.test(row.quotaCode!))).toEqual([]);
    expect(named(coded, (row) => quotaServiceCode(row.service) === undefined)).toEqual([]);
    const idOfCode = new Map(coded.map((row) => [row.quotaCode, `${row.service}/${row.key}`]));
    expect(named(coded, (row) => idOfCode.get(row.quotaCode) !== `${row.service}/${row.key}`)).toEqual([]);
  });

  it('say of a measurement of ours where and when it was taken', () => {
    const measured = rowsByFile.get('measurements.json')!.filter((row) => row.confidence === 'medium');
    expect(measured.length).toBeGreaterThan(0);
    expect(named(measured, (row) => !/shared 2-core machine.*November 2026/.test(row.source!))).toEqual([]);
  });
});
