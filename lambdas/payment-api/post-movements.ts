import { HttpProblem } from '../runtime/http/problem';
import { JsonFault } from '../runtime/json/json-reader';
import { JsonValue } from '../runtime/json/json-value';
import { Movement } from '../runtime/payment/movement';
import { BodyValidation, FRAUD_KEY_PREFIX, validateHold, validatePayout, validateRelease } from '../runtime/payment/movement-validation';
import { MAXIMUM_PAYMENT_BYTES } from '../runtime/payment/payment-validation';
import { Admission } from './admission';
import { requireScope, Scope } from './authentication';
import { Answer, Exchange, ExchangeHandler } from './exchange';
import { Intake, locationOf, REFUSALS, RETRY_SOON } from './intake';
import { readMerchant } from './path-parameters';
import { PayoutStarter } from './payout-starter';
import { put } from './put-span';

type Validate<Content> = (merchantId: string, value: JsonValue, faults: readonly JsonFault[]) => BodyValidation<Content>;

/** Takes holds and releases of a merchant's money in: 202 once they are durable. */
export class MovementPoster {
  public constructor(private readonly intake: Intake, private readonly admission: Admission) {}

  /** `POST /merchants/{merchantId}/holds` */
  public readonly postHold: ExchangeHandler = async (exchange) => {
    const hold = await read(exchange, 'holds:write', this.intake, validateHold);
    return this.post(exchange, hold);
  };

  /** `POST /merchants/{merchantId}/releases`. The hold of a fraud rule is ended by who may look into fraud. */
  public readonly postRelease: ExchangeHandler = async (exchange) => {
    const release = await read(exchange, 'holds:write', this.intake, validateRelease);
    if (release.holdOf?.startsWith(FRAUD_KEY_PREFIX)) {
      requireScope(exchange.principal, 'fraud:review');
    }
    return this.post(exchange, release);
  };

  private async post(exchange: Exchange, movement: Movement): Promise<Answer> {
    await this.admission.charge(exchange.principal, 1);
    const receipt = await put(exchange, (traceParent) => this.intake.accept(movement, { traceParent }));
    return { status: 202, body: `{"receipt":"${receipt}"}`, headers: { location: locationOf(movement) } };
  }
}

/** Takes payouts in: 202 once somebody sees to them. */
export class PayoutPoster {
  public constructor(
    private readonly intake: Intake,
    private readonly admission: Admission,
    private readonly payouts: PayoutStarter,
    private readonly now: () => number,
  ) {}

  /** `POST /merchants/{merchantId}/payouts` */
  public readonly postPayout: ExchangeHandler = async (exchange) => {
    const order = await read(exchange, 'payouts:write', this.intake, validatePayout);
    await this.admission.charge(exchange.principal, 1);
    if (!(await this.payouts.start({ ...order, requestedAt: this.now() }))) {
      const { status, detail } = REFUSALS.unavailable;
      throw new HttpProblem(status, { detail }, RETRY_SOON);
    }
    const hold = { ...order, idempotencyKey: `payout:${order.idempotencyKey}:hold` };
    return { status: 202, body: '{"status":"pending"}', headers: { location: locationOf(hold) } };
  };
}

async function read<Content>(exchange: Exchange, scope: Scope, intake: Intake, validate: Validate<Content>): Promise<Content> {
  requireScope(exchange.principal, scope);
  const merchantId = readMerchant(exchange);
  const { value, faults } = await intake.receive(exchange, MAXIMUM_PAYMENT_BYTES);
  const { content, problem } = validate(merchantId, value, faults);
  if (problem !== undefined) {
    throw new HttpProblem(problem.status, { detail: problem.detail, field: problem.field });
  }
  return content;
}
