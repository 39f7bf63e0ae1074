import { MultiValueRegister } from '../../../lambdas/runtime';

const address = MultiValueRegister.empty<string>().write('web', 'Main Street 1');
const [web, phone] = [address.write('web', 'Main Street 2'), address.write('phone', 'Side Street 9')];
const both = web.merge(phone);

export const answer = [both.values, both.write('web', 'Side Street 9').merge(phone).values]; // [["Side Street 9","Main Street 2"],["Side Street 9"]]
