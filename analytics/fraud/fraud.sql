-- The rules. They read `payments`: the rows of unpacked_payments, each at its own time of acceptance.
-- A payment gets one decision at most. It names the first rule that applies, in the order amount limit, geo, velocity, amount history.

-- A limit needs no other payment, so that it is judged at once, and late payments are too.
INSERT INTO decisions
SELECT merchant_id, payment_key, 'amount', amount, currency, accepted_at
FROM payments
WHERE amount > ${amount.limit};

-- What the payer paid so far in this currency, this payment included. The first of the windows: a payment behind the watermark ends here and is
-- counted in numLateRecordsDropped. State of one payer: one row, until nothing came for `table.exec.state.ttl`.
CREATE TEMPORARY VIEW remembered_payments AS
SELECT
  *,
  COUNT(*) OVER history AS history_payments,
  SUM(CAST(amount AS DOUBLE)) OVER history AS history_sum,
  SUM(CAST(amount AS DOUBLE) * amount) OVER history AS history_squares
FROM payments
WINDOW history AS (PARTITION BY payer_id, currency ORDER BY accepted_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- How many different payments the payer made in a short time. A redelivered payment counts once. CHR(31) is in no identifier.
CREATE TEMPORARY VIEW counted_payments AS
SELECT
  *,
  COUNT(DISTINCT merchant_id || CHR(31) || payment_key) OVER burst AS burst_payments
FROM remembered_payments
WINDOW burst AS (
  PARTITION BY payer_id ORDER BY accepted_time RANGE BETWEEN INTERVAL '${velocity.interval}' DAY TO SECOND PRECEDING AND CURRENT ROW
);

-- In which regions the payer paid in the time of a short trip.
CREATE TEMPORARY VIEW located_payments AS
SELECT
  *,
  LISTAGG(DISTINCT region) OVER trip AS trip_regions
FROM counted_payments
WINDOW trip AS (
  PARTITION BY payer_id ORDER BY accepted_time RANGE BETWEEN INTERVAL '${geo.interval}' DAY TO SECOND PRECEDING AND CURRENT ROW
);

-- Far: a region of the trip is neither this one nor one that touches it, so that a whole region lies between the two. ${geo.neighbours} holds for
-- each region 27 characters: itself and those that touch it, as alternatives of a regular expression.
-- Unusual: above the mean of the payments before by more than so many deviations. Payers whose amounts hardly vary get a least deviation.
CREATE TEMPORARY VIEW judged_payments AS
SELECT
  merchant_id,
  payment_key,
  amount,
  currency,
  accepted_at,
  amount > ${amount.limit} AS above_limit,
  region IS NOT NULL AND trip_regions <> region
    AND REGEXP_REPLACE(trip_regions, '(' || SUBSTRING('${geo.neighbours}', CAST(region AS INT) * 27 + 1, 27) || '),?', '') <> '' AS is_far,
  burst_payments > ${velocity.payments} AS is_burst,
  history_payments > ${amount.history}
    AND amount > mean + ${amount.deviations} * GREATEST(SQRT(GREATEST(mean_square - mean * mean, 0)), ${amount.least.spread} * mean) AS is_unusual
FROM (
  SELECT
    *,
    (history_sum - amount) / NULLIF(history_payments - 1, 0) AS mean,
    (history_squares - CAST(amount AS DOUBLE) * amount) / NULLIF(history_payments - 1, 0) AS mean_square
  FROM located_payments
);

INSERT INTO decisions
SELECT
  merchant_id,
  payment_key,
  CASE WHEN is_far THEN 'geo' WHEN is_burst THEN 'velocity' ELSE 'amount' END,
  amount,
  currency,
  accepted_at
FROM judged_payments
WHERE above_limit IS NOT TRUE AND (is_far OR is_burst OR is_unusual);
