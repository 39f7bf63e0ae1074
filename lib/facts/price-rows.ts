import type { FactRow } from './fact';
import prices from './prices.json';

/** The largest of the data files, in a module of its own: it is loaded when a price is first asked for. */
export const PRICE_ROWS = prices as unknown as readonly FactRow[];
