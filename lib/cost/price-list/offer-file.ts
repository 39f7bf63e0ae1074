/** A product of a price list. */
export interface OfferProduct {
  readonly sku: string;
  /** Empty where the file has none. */
  readonly family: string;
  readonly attributes: { readonly [name: string]: string };
}

/** A step of an on-demand price. */
export interface OfferStep {
  /** US dollars of one unit. */
  readonly usd: number;
  /** Unit in the words of the file. */
  readonly unit: string;
  /** Quantity of a month at which the step begins. */
  readonly from: number;
  /** Quantity of a month at which it ends; Infinity for the last. */
  readonly upTo: number;
}

/** A price list of AWS: what one service costs in one region, on demand. */
export interface Offer {
  /** Service code: `AmazonKinesis`. */
  readonly service: string;
  /** Day of publication: `2026-11-20`. */
  readonly published: string;
  readonly products: readonly OfferProduct[];
  /** Steps of the on-demand price of a product in US dollars, the first units first; empty where there is none. */
  steps(sku: string): readonly OfferStep[];
}

type Json = { readonly [key: string]: unknown };

/**
 * Reads a service price list file: JSON of format v1
 * (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html).
 *
 * @throws Error for a text that is none
 */
export function readOffer(text: string): Offer {
  const file = objectOf(JSON.parse(text), 'the file');
  if (!String(file.formatVersion).startsWith('v1.')) {
    throw new Error(`\`formatVersion\` must be v1.…, got: ${String(file.formatVersion)}`);
  }
  const published = /^\d{4}-\d{2}-\d{2}/.exec(String(file.publicationDate))?.[0];
  if (published === undefined || typeof file.offerCode !== 'string') {
    throw new Error(`\`publicationDate\` and \`offerCode\` must be there, got: ${String(file.publicationDate)} and ${String(file.offerCode)}`);
  }
  const onDemand = objectOf(objectOf(file.terms, 'terms').OnDemand ?? {}, 'terms.OnDemand');
  return {
    service: file.offerCode,
    published,
    products: Object.values(objectOf(file.products, 'products')).map((product) => productOf(objectOf(product, 'products'))),
    steps: (sku) => stepsOf(onDemand, sku),
  };
}

function productOf({ sku, productFamily, attributes }: Json): OfferProduct {
  return { sku: String(sku), family: typeof productFamily === 'string' ? productFamily : '', attributes: objectOf(attributes, 'attributes') as OfferProduct['attributes'] };
}

function stepsOf(onDemand: Json, sku: string): OfferStep[] {
  return Object.values(objectOf(onDemand[sku] ?? {}, `terms.OnDemand.${sku}`))
    .flatMap((term) => Object.values(objectOf(objectOf(term, `terms.OnDemand.${sku}`).priceDimensions ?? {}, 'priceDimensions')))
    .map((dimension) => stepOf(objectOf(dimension, 'priceDimensions')))
    .filter((step) => step !== undefined)
    .sort((a, b) => a.from - b.from);
}

/** Undefined for a price in another currency: lists of China are in CNY. */
function stepOf({ beginRange, endRange, unit, pricePerUnit }: Json): OfferStep | undefined {
  const { USD } = objectOf(pricePerUnit, 'pricePerUnit');
  if (USD === undefined) {
    return undefined;
  }
  const step = { usd: Number(USD), unit: String(unit), from: Number(beginRange ?? 0), upTo: endRange === undefined || endRange === 'Inf' ? Infinity : Number(endRange) };
  if (!(step.usd >= 0 && step.from >= 0 && step.upTo > step.from)) {
    throw new Error(`a price must be a number with a range, got: ${String(USD)} from ${String(beginRange)} to ${String(endRange)}`);
  }
  return step;
}

function objectOf(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`\`${name}\` must be an object, got: ${JSON.stringify(value)?.slice(0, 40)}`);
  }
  return value as Json;
}
