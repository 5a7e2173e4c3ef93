-- The parcel lifecycle as tables: what a good engineer would write on PostgreSQL instead of using Escrowd.
--
-- Where there was a choice between speed and comfort, it fell for speed:
--   * ids are integers that the caller gives; Escrowd takes names of any form and request ids at random;
--   * nothing is enforced by foreign keys: they would lock the rows of busy parties. The functions check;
--   * no balance is a row that everybody updates. Postings are only inserted, and the balance of an account is what
--     was rolled up last plus what came since: so neither the fee accounts nor a busy seller is ever waited for;
--   * an agreement's own row is the only lock, and it is taken before anything is read.
CREATE SCHEMA escrow;
ALTER ROLE bench SET search_path = escrow;
SET search_path = escrow;

CREATE TYPE agreement_state AS ENUM ('active', 'settled');
CREATE TYPE milestone_state AS ENUM ('pending', 'funded', 'released');
CREATE TYPE role AS ENUM ('buyer', 'seller');
CREATE TYPE confirmation AS ENUM ('shipment', 'delivery', 'receipt');
CREATE TYPE event_kind AS ENUM ('created', 'deposited', 'funded', 'confirmed', 'released', 'closed');

-- A party is buyer or seller by its id, as in lifecycle.pgbench.
CREATE TABLE parties (
  party_id int PRIMARY KEY,
  name text NOT NULL UNIQUE
);

-- Accounts 1 to 4 are of the house; that of a party has its id + 100.
CREATE TABLE accounts (
  account_id int PRIMARY KEY,
  name text NOT NULL,
  balance bigint NOT NULL DEFAULT 0,       -- of all postings up to
  rolled_up_event bigint NOT NULL DEFAULT 0
);

CREATE TABLE agreements (
  agreement_id bigint PRIMARY KEY,
  state agreement_state NOT NULL,
  currency char(3) NOT NULL,
  buyer_id int NOT NULL,
  seller_id int NOT NULL,
  required bigint NOT NULL,
  deposited bigint NOT NULL DEFAULT 0,
  released bigint NOT NULL DEFAULT 0,      -- to the seller
  fees bigint NOT NULL DEFAULT 0,
  open_milestones smallint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  long_stop_at timestamptz NOT NULL
) WITH (fillfactor = 85);                  -- room for new versions on the same page

CREATE TABLE milestones (
  agreement_id bigint NOT NULL,
  position smallint NOT NULL,
  name text NOT NULL,
  state milestone_state NOT NULL,
  amount bigint NOT NULL,
  held bigint NOT NULL DEFAULT 0,
  confirmed_by role NOT NULL,
  confirmed_kind confirmation NOT NULL,
  days_after_funding int NOT NULL,
  platform_fee_basis_points int NOT NULL,
  operator_fee_basis_points int NOT NULL,
  due_at timestamptz,                      -- its timer; set when funded
  PRIMARY KEY (agreement_id, position)
) WITH (fillfactor = 85);

-- One request id, one effect.
CREATE TABLE requests (
  request_id uuid PRIMARY KEY,
  fingerprint bigint NOT NULL,             -- of the body
  event_id bigint NOT NULL                 -- its first event
);

CREATE SEQUENCE event_ids;
CREATE TABLE events (
  event_id bigint PRIMARY KEY,
  agreement_id bigint NOT NULL,
  kind event_kind NOT NULL,
  at timestamptz NOT NULL,
  request_id uuid NOT NULL,
  detail jsonb NOT NULL
);

CREATE TABLE deposits (
  agreement_id bigint NOT NULL,
  deposit_id text NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (agreement_id, deposit_id)
);

-- Double entry: the postings of an event add up to zero.
CREATE TABLE postings (
  event_id bigint NOT NULL,
  line smallint NOT NULL,
  account_id int NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (event_id, line)
);
