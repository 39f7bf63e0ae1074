export { type Offer, type OfferProduct, type OfferStep, readOffer } from './offer-file';
export { priceListServices, type PriceSelector, priceSelectors } from './price-selectors';
export { comparePrices, type MissingPrice, type PriceComparison, type PriceUpdate } from './price-updates';
export { type RefreshedFacts, refreshedFacts } from './refreshed-facts';
