export { type CostPageOptions, renderCostPage } from './cost-page';
