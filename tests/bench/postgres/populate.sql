-- The population, as the functions would have made it: agreements 0 to :live - 1, each funded. In one transaction with
-- the tables, so that nothing of it need be written to the write-ahead log first.
SET search_path = escrow;

INSERT INTO parties SELECT id, 'party-' || id FROM generate_series(0, 2 * :parties - 1) AS id;
INSERT INTO accounts (account_id, name)
VALUES (1, 'bank'), (2, 'custody'), (3, 'platform fees'), (4, 'operator fees');
INSERT INTO accounts (account_id, name) SELECT 100 + party_id, 'payable to ' || name FROM parties;

-- Numbers as in lifecycle.pgbench, to the bit.
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT n, 100 + n * 7919 % 9973 AS tenth,
       round(:parties * u * u * u * u - 0.5)::int AS buyer,
       :parties + round(:parties * v * v * v * v - 0.5)::int AS seller
FROM (SELECT n, (n * 618033 % 1000003)::float8 / 1000003 AS u, (n * 414213 % 1000003)::float8 / 1000003 AS v
      FROM generate_series(0::bigint, :live - 1) AS n) AS numbers;

INSERT INTO agreements
SELECT n, 'active', 'EUR', buyer, seller, 10 * tenth, 10 * tenth, 0, 0, 3, now(), now(), now() + interval '365 days'
FROM made;
INSERT INTO milestones
SELECT n, position, name, 'funded', tenth * tenths, tenth * tenths, confirmed_by::role, kind::confirmation, days, 250,
       50, now() + make_interval(days => days)
FROM made, (VALUES (1, 'shipment', 3, 'seller', 'shipment', 14), (2, 'delivery', 4, 'buyer', 'delivery', 30),
                   (3, 'receipt', 3, 'buyer', 'receipt', 45))
           AS t (position, name, tenths, confirmed_by, kind, days)
ORDER BY n, position;
INSERT INTO deposits SELECT n, 'transfer-' || n, 10 * tenth FROM made;
INSERT INTO requests
SELECT lpad(to_hex(8 * n + step), 32, '0')::uuid, 0, 3 * n + 1 + step FROM made, generate_series(0, 1) AS step
ORDER BY n, step;
INSERT INTO events
SELECT 3 * n + 1, n, 'created'::event_kind, now(), lpad(to_hex(8 * n), 32, '0')::uuid,
       jsonb_build_object('buyer', buyer, 'seller', seller, 'currency', 'EUR', 'milestones',
                          '{shipment,delivery,receipt}'::text[], 'amounts', ARRAY[3 * tenth, 4 * tenth, 3 * tenth],
                          'by', '{seller,buyer,buyer}'::text[], 'kinds', '{shipment,delivery,receipt}'::text[],
                          'days', '{14,30,45}'::int[], 'platform_fee', 250, 'operator_fee', 50)
FROM made
UNION ALL
SELECT 3 * n + 2, n, 'deposited', now(), lpad(to_hex(8 * n + 1), 32, '0')::uuid,
       jsonb_build_object('deposit', 'transfer-' || n, 'amount', 10 * tenth)
FROM made
UNION ALL
SELECT 3 * n + 3, n, 'funded', now(), lpad(to_hex(8 * n + 1), 32, '0')::uuid, jsonb_build_object('amount', 10 * tenth)
FROM made;
INSERT INTO postings
SELECT 3 * n + 2, line, line, CASE line WHEN 1 THEN -10 * tenth ELSE 10 * tenth END
FROM made, generate_series(1, 2) AS line ORDER BY n, line;
SELECT setval('event_ids', 3 * :live + 1);
