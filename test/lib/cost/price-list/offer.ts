/** A product of a price list that a test writes: the usage type and the steps of its price. */
export interface PlainProduct {
  readonly usageType: string;
  /** US dollars of one unit, or steps of it: `[[0, 100, '0'], [100, 'Inf', '0.5']]`. */
  readonly price: string | readonly (readonly [from: number, upTo: number | 'Inf', usd: string])[];
  readonly family?: string;
  readonly attributes?: { readonly [name: string]: string };
}

/** The text of a service price list file, as AWS writes them. */
export function offerText(service: string, products: readonly PlainProduct[], changes: object = {}): string {
  const sku = (index: number): string => `SKU${String(index).padStart(13, '0')}`;
  const termOf = (it: PlainProduct, index: number): [string, object] => {
    const steps = typeof it.price === 'string' ? [[0, 'Inf', it.price] as const] : it.price;
    const code = `${sku(index)}.JRTCKXETXF`;
    return [sku(index), {
      [code]: {
        offerTermCode: 'JRTCKXETXF', sku: sku(index), effectiveDate: '2026-11-01T00:00:00Z', termAttributes: {},
        // Steps come in no order.
        priceDimensions: Object.fromEntries(steps.map(([from, upTo, usd], step) => [`${code}.${step}`, {
          rateCode: `${code}.${step}`, description: 'a price', beginRange: String(from), endRange: String(upTo), unit: 'Unit', pricePerUnit: { USD: usd }, appliesTo: [],
        }] as const).reverse()),
      },
    }];
  };
  return JSON.stringify({
    formatVersion: 'v1.0', disclaimer: 'This pricing list is for informational purposes only.', offerCode: service, version: '20261120000000',
    publicationDate: '2026-11-20T08:00:00Z',
    products: Object.fromEntries(products.map((it, index) => [sku(index), {
      sku: sku(index), ...(it.family !== undefined && { productFamily: it.family }),
      attributes: { servicecode: service, regionCode: 'us-east-1', usagetype: it.usageType, ...it.attributes },
    }])),
    terms: { OnDemand: Object.fromEntries(products.map(termOf)) },
    ...changes,
  });
}
