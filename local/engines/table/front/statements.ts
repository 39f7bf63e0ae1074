import type { AttributeValue, Item } from '../attribute-value';
import { imageOf, ItemImageWriter } from '../item-image';
import { StatementSyntaxError } from '../partiql/lexer';
import { literalInsert } from '../partiql/literal-insert';
import type { ConditionedStatement, InsertStatement, Statement } from '../partiql/statement';
import { bindValue } from '../partiql/value-template';
import type { EngineAnswer } from '../table-engine';
import type { Answer } from './answer';
import { arrayMember, type FrontCall, type FrontContext, type Json, settleWrite } from './front-context';
import type { ServedTable } from './served-table';
import { ServiceError, throttlingCode, throttlingMessage } from './service-error';
import type { PlannedWrite } from './stream-cutter';

/** Statements that one batch takes. */
const BATCH_STATEMENTS = 25;

/** What a statement will do, known before it is forwarded. */
type Plan = WritePlan | ReadPlan;

interface WritePlan {
  readonly access: 'write';
  readonly table: ServedTable;
  readonly units: number;
  readonly partitionKey: string;
  readonly write: PlannedWrite;
  /** The insert as the engine likes it best, in JSON; absent when it is forwarded as it came. */
  readonly literal?: string;
}

interface ReadPlan {
  readonly access: 'read';
  readonly table: ServedTable;
  readonly units: number;
  readonly partitionKey?: string;
  readonly consistent: boolean;
}

/** PartiQL: ExecuteStatement and BatchExecuteStatement. */
export class StatementOperations {
  constructor(private readonly context: FrontContext) {}

  /** One statement. @throws ServiceError */
  public async execute(call: FrontCall): Promise<Answer> {
    const plan = this.plan(call.input);
    const bound = admit(plan);
    if (bound !== undefined) {
      throw plan.table.throttled(plan.access === 'write' ? 'Write' : 'Read', bound);
    }
    if (plan.access === 'read') {
      const answer = await this.context.engine.forward(call.operation, call.body);
      chargeRead(plan, answer.status === 200 ? JSON.parse(answer.body).Items ?? [] : []);
      return answer;
    }
    const { answer, sizes } = await this.context.cutter.run(
      [plan.write],
      () => this.context.engine.forward(call.operation, call.body),
      ({ status }) => () => status === 200,
    );
    settleWrite(plan.table, plan.write.key, plan.units, sizes.get(0));
    return answer;
  }

  /** Up to 25 statements, each of which fails alone. @throws ServiceError */
  public async executeBatch(call: FrontCall): Promise<Answer> {
    const statements = arrayMember(call.input, 'Statements');
    if (statements.length > BATCH_STATEMENTS) {
      throw ServiceError.validation(`Too many statements in BatchExecuteStatement; limit is ${BATCH_STATEMENTS}`);
    }
    const refusals: (object | undefined)[] = [];
    const plans: Plan[] = [];
    statements.forEach((statement, index) => {
      const result = this.planStatement(statement);
      if ('Error' in result) {
        refusals[index] = result;
      } else {
        plans.push(result);
      }
    });
    if (plans.length === 0) {
      return { status: 200, body: JSON.stringify({ Responses: refusals }) };
    }
    const answer = await this.forward(call, plans, batchBody(call, plans, statements.filter((_, index) => refusals[index] === undefined)));
    return answer.status !== 200 || plans.length === statements.length ? answer : mergeResponses(answer, refusals, statements.length);
  }

  private async forward(call: FrontCall, plans: readonly Plan[], body: Buffer | string): Promise<EngineAnswer> {
    const writes = plans.flatMap((plan) => (plan.access === 'write' ? [plan.write] : []));
    if (writes.length === 0) {
      const answer = await this.context.engine.forward(call.operation, body);
      const responses: { Item?: Item }[] = answer.status === 200 ? JSON.parse(answer.body).Responses : [];
      plans.forEach((plan, index) => chargeRead(plan, responses[index]?.Item ? [responses[index].Item as Item] : []));
      return answer;
    }
    if (writes.length !== plans.length) {
      throw ServiceError.validation('Read and write requests together in the same batch is not supported.');
    }
    if (new Set(writes.map((write) => write.key.id)).size < writes.length) {
      throw ServiceError.validation('Provided list of item keys contains duplicates');
    }
    const { answer, sizes } = await this.context.cutter.run(writes, () => this.context.engine.forward(call.operation, body), succeededStatements);
    writes.forEach((write, index) => {
      if (write.kind !== 'insert') {
        settleWrite(write.table, write.key, plans[index].units, sizes.get(index));
      }
    });
    return answer;
  }

  /** The plan of a batch's statement, let through by the limiter, or the answer of the statement that is not. */
  private planStatement(statement: Json): Plan | { readonly Error: object; readonly TableName?: string } {
    let plan: Plan;
    try {
      plan = this.plan(statement);
    } catch (error) {
      if (!(error instanceof ServiceError)) {
        throw error;
      }
      const Code = error.message.startsWith('Requested resource not found') ? 'ResourceNotFound' : 'ValidationError';
      return { Error: { Code, Message: error.message } };
    }
    if (admit(plan) === undefined) {
      return plan;
    }
    const { billing, name } = plan.table;
    return { Error: { Code: throttlingCode(billing), Message: throttlingMessage(billing) }, TableName: name };
  }

  private plan(input: Json): Plan {
    const { Statement: text, Parameters: given = [] } = input;
    if (typeof text !== 'string' || !Array.isArray(given)) {
      throw ServiceError.validation('Statement must be a text and Parameters a list');
    }
    const parameters = given as AttributeValue[];
    const statement = this.parse(text);
    if (parameters.length !== statement.parameters) {
      throw ServiceError.validation('Number of parameters in request and statement don\'t match.');
    }
    const table = this.context.table(statement.table);
    if (statement.kind === 'select') {
      return planSelect(table, statement, parameters, input.ConsistentRead === true);
    }
    const plan = statement.kind === 'insert' ? planInsert(table, statement, parameters) : planChange(table, statement, parameters);
    this.context.refuseUnstorable(plan.write);
    return statement.kind === 'insert' && this.context.engine.prefersLiterals && Object.keys(input).every(isWholeInsert)
      ? { ...plan, literal: literalInsert(statement, parameters) }
      : plan;
  }

  private parse(text: string): Statement {
    try {
      return this.context.statements.statement(text);
    } catch (error) {
      if (error instanceof StatementSyntaxError) {
        throw ServiceError.validation(`Statement wasn't well formed, can't be processed: ${error.message}`);
      }
      throw error;
    }
  }
}

function planInsert(table: ServedTable, statement: InsertStatement, parameters: readonly AttributeValue[]): WritePlan {
  const writer = new ItemImageWriter();
  const keyValues: Record<string, AttributeValue> = {};
  for (const attribute of statement.attributes) {
    const value = bindValue(attribute.value, parameters) as AttributeValue;
    writer.attribute(attribute.quotedName, attribute.nameBytes, value);
    if (table.isKey(attribute.name)) {
      keyValues[attribute.name] = value;
    }
  }
  const image = writer.finish();
  const key = table.key((name) => keyValues[name]);
  return { access: 'write', table, units: table.writeUnits(image.bytes), partitionKey: key.partitionKey, write: { table, key, kind: 'insert', image } };
}

function planChange(table: ServedTable, statement: ConditionedStatement, parameters: readonly AttributeValue[]): WritePlan {
  if (table.keys.some((key) => !statement.equalities.has(key.name))) {
    throw ServiceError.validation('Where clause does not contain a mandatory equality on all key attributes');
  }
  const key = table.key((name) => valueOf(statement, name, parameters));
  const bytes = statement.kind === 'update' ? imageOf(Object.fromEntries(parameters.map((value, index) => [String(index), value]))).bytes : 0;
  const write: PlannedWrite = { table, key, kind: statement.kind === 'update' ? 'update' : 'delete' };
  return { access: 'write', table, units: table.writeUnits(bytes), partitionKey: key.partitionKey, write };
}

function planSelect(table: ServedTable, statement: ConditionedStatement, parameters: readonly AttributeValue[], consistent: boolean): ReadPlan {
  const partitionKey = table.partitionKeyText(valueOf(statement, table.keys[0].name, parameters));
  return { access: 'read', table, units: table.readUnits(0, consistent), partitionKey, consistent };
}

function valueOf(statement: ConditionedStatement, name: string, parameters: readonly AttributeValue[]): AttributeValue | undefined {
  const template = statement.equalities.get(name);
  return template && bindValue(template, parameters);
}

function admit(plan: Plan): 'table' | 'partition' | undefined {
  const { table, units, partitionKey } = plan;
  const bound = (plan.access === 'write' ? table.writes : table.reads).take(units, partitionKey);
  if (bound === undefined) {
    table[plan.access === 'write' ? 'itemsWritten' : 'itemsRead']++;
  }
  return bound;
}

function chargeRead(plan: Plan, items: readonly Item[]): void {
  if (plan.access === 'read') {
    const bytes = items.reduce((sum, item) => sum + imageOf(item).bytes, 0);
    plan.table.reads.charge(plan.table.readUnits(bytes, plan.consistent) - plan.units, plan.partitionKey);
  }
}

/** Which statements of a batch happened. Most batches have no error in them and need no parsing. */
function succeededStatements(answer: EngineAnswer): (index: number) => boolean {
  if (answer.status !== 200) {
    return () => false;
  }
  if (!answer.body.includes('"Error"')) {
    return () => true;
  }
  const responses: { Error?: object }[] = JSON.parse(answer.body).Responses;
  return (index) => responses[index].Error === undefined;
}

/** Whether a member of a statement is part of what its literal form says. */
function isWholeInsert(member: string): boolean {
  return member === 'Statement' || member === 'Parameters';
}

/** The body that is forwarded: as it came where nothing was taken out or written anew. */
function batchBody(call: FrontCall, plans: readonly Plan[], statements: readonly Json[]): Buffer | string {
  const literals = plans.map((plan) => (plan.access === 'write' ? plan.literal : undefined));
  if (Object.keys(call.input).length === 1 && literals.some((literal) => literal !== undefined)) {
    return `{"Statements":[${statements.map((statement, index) => literals[index] ?? JSON.stringify(statement)).join(',')}]}`;
  }
  return statements.length === (call.input.Statements as Json[]).length ? call.body : JSON.stringify({ ...call.input, Statements: statements });
}

/** Puts the answers of statements that were not forwarded between those of the engine. */
function mergeResponses(answer: EngineAnswer, refusals: readonly (object | undefined)[], count: number): Answer {
  const output = JSON.parse(answer.body);
  const forwarded = output.Responses.values();
  output.Responses = Array.from({ length: count }, (_, index) => refusals[index] ?? forwarded.next().value);
  return { status: 200, body: JSON.stringify(output) };
}
