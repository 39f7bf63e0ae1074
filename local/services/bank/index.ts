export { Bank, type BankBehaviour, type Transfer } from './bank';
export { BankServer } from './bank-server';
