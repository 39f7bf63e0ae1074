import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Offer, readOffer } from '../lib/cost/price-list';

/** Where AWS publishes its price lists, for everybody to read (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html). */
export const PRICE_LIST_ADDRESS = 'https://pricing.us-east-1.amazonaws.com';

const BYTES_PER_MEGABYTE = 1e6;

/** A price list that could not be read. */
export interface UnreadOffer {
  readonly service: string;
  readonly why: string;
}

/** The price lists of some services in a region. */
export interface FoundOffers {
  readonly offers: readonly Offer[];
  readonly unread: readonly UnreadOffer[];
}

export interface PriceListSourceProps {
  /** Address of a copy of AWS's, or a folder: with the same paths below it, or with `<service>.json`. */
  readonly from: string;
  readonly services: readonly string[];
  readonly region: string;
  /** Megabytes of a list that is read. */
  readonly mostMegabytes: number;
}

/** The path of a price list below an address or a folder. */
export function priceListPath(service: string, region: string): string {
  return `offers/v1.0/aws/${service}/current/${region}/index.json`;
}

/** Reads the price lists of services, one after another: some are large. What cannot be read does not keep the others. */
export async function findOffers(props: PriceListSourceProps): Promise<FoundOffers> {
  const offers: Offer[] = [];
  const unread: UnreadOffer[] = [];
  for (const service of props.services) {
    try {
      offers.push(readOffer(await textOf(service, props)));
    } catch (error) {
      unread.push({ service, why: reasonOf(error as Error) });
      if (offers.length === 0 && (error as Error).cause !== undefined) {
        // Nobody answers: the others would be waited for in vain.
        const rest = props.services.slice(props.services.indexOf(service) + 1);
        return { offers, unread: [...unread, ...rest.map((it) => ({ service: it, why: 'not asked for' }))] };
      }
    }
  }
  return { offers, unread };
}

function textOf(service: string, props: PriceListSourceProps): Promise<string> | string {
  return /^https?:\/\//.test(props.from) ? download(service, props) : readFile(service, props);
}

async function download(service: string, { from, region, mostMegabytes }: PriceListSourceProps): Promise<string> {
  const response = await fetch(`${from.replace(/\/+$/, '')}/${priceListPath(service, region)}`);
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the answer is ${response.status} ${response.statusText}`);
  }
  const length = Number(response.headers.get('content-length') ?? 0);
  if (length > mostMegabytes * BYTES_PER_MEGABYTE) {
    await response.body?.cancel();
    throw tooLarge(length, mostMegabytes);
  }
  return response.text();
}

function readFile(service: string, { from, region, mostMegabytes }: PriceListSourceProps): string {
  const files = [path.join(from, `${service}.json`), path.join(from, priceListPath(service, region))];
  const file = files.find((it) => fs.existsSync(it));
  if (file === undefined) {
    throw new Error(`there is neither ${files.join(' nor ')}`);
  }
  const { size } = fs.statSync(file);
  if (size > mostMegabytes * BYTES_PER_MEGABYTE) {
    throw tooLarge(size, mostMegabytes);
  }
  return fs.readFileSync(file, 'utf8');
}

function tooLarge(bytes: number, mostMegabytes: number): Error {
  return new Error(`it has ${Math.round(bytes / BYTES_PER_MEGABYTE)} MB, more than ${mostMegabytes}; docs/cost.md tells how to cut it to size`);
}

/** `fetch` hides what happened behind "fetch failed". */
function reasonOf({ message, cause }: Error): string {
  const { code, message: inner } = (cause ?? {}) as { code?: string; message?: string };
  return cause === undefined ? message : `${message}: ${code ?? inner ?? String(cause)}`;
}
