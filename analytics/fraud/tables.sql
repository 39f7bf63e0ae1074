-- What the job reads and writes. Only the connectors' options come from outside: the property groups fraud.events and fraud.decisions.

-- A record holds several payments: {"events":[{"merchantId":"…", …}]}.
-- Its time is that of its first payment. The watermark follows from it, minus what payments may be late. What holds no payment, or one that is
-- from the future by a wrong clock, must not move time: it gets the beginning of time.
CREATE TABLE event_records (
  events ARRAY<ROW<
    merchantId STRING,
    idempotencyKey STRING,
    payerId STRING,
    amount BIGINT,
    currency STRING,
    type STRING,
    merchantCategory STRING,
    merchantCell STRING,
    acceptedAt BIGINT
  >>,
  record_time AS TO_TIMESTAMP_LTZ(
    CASE WHEN events[1].acceptedAt BETWEEN 0 AND (UNIX_TIMESTAMP() + 60) * 1000 THEN events[1].acceptedAt ELSE 0 END, 3
  ),
  WATERMARK FOR record_time AS record_time - INTERVAL '${lateness.interval}' DAY TO SECOND
) WITH (${events.options});

-- One payment that is to be held: merchant and key name it, so that the same payment always gives the same decision.
CREATE TABLE decisions (
  merchantId STRING,
  paymentKey STRING,
  rule STRING,
  amount BIGINT,
  currency STRING,
  decidedAt BIGINT
) WITH (${decisions.options});

-- One row for each payment. `region` is the base cell of H3 (about 2,500 km across) in which the merchant is, as three digits; NULL when it is not
-- known or says nothing of where the payer is. A cell is written in 15 digits: mode, resolution, seven bits of base cell, and finer ones.
CREATE TEMPORARY VIEW unpacked_payments AS
SELECT
  merchant_id,
  payment_key,
  payer_id,
  amount,
  currency,
  accepted_at,
  accepted_time,
  CASE WHEN base_cell BETWEEN 0 AND 121 THEN LPAD(CAST(base_cell AS STRING), 3, '0') END AS region
FROM (
  SELECT
    event.merchantId AS merchant_id,
    event.idempotencyKey AS payment_key,
    event.payerId AS payer_id,
    event.amount AS amount,
    event.currency AS currency,
    event.acceptedAt AS accepted_at,
    TO_TIMESTAMP_LTZ(event.acceptedAt, 3) AS accepted_time,
    CASE
      WHEN NOT REGEXP(event.merchantCell, '^8[0-9a-f]{14}$') THEN NULL
      WHEN LOCATE(',' || event.merchantCategory || ',', ',${geo.remote.categories},') > 0 THEN NULL
      ELSE (LOCATE(SUBSTRING(event.merchantCell, 3, 1), '0123456789abcdef') - 1) * 8
        + (LOCATE(SUBSTRING(event.merchantCell, 4, 1), '0123456789abcdef') - 1) / 2
    END AS base_cell
  FROM event_records
  CROSS JOIN UNNEST(events) AS event (merchantId, idempotencyKey, payerId, amount, currency, type, merchantCategory, merchantCell, acceptedAt)
  WHERE event.type = 'payment'
    AND event.merchantId IS NOT NULL
    AND event.idempotencyKey IS NOT NULL
    AND event.payerId IS NOT NULL
    AND event.amount IS NOT NULL
    AND event.currency IS NOT NULL
    AND event.acceptedAt IS NOT NULL
);
