-- The three commands of a lifecycle. Each checks everything before it changes anything, and returns its first event.
SET search_path = escrow;

-- What to answer to a request that was done before.
CREATE FUNCTION repeat_request(p_request uuid, p_fingerprint bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = escrow AS $$
DECLARE
  v_first requests;
BEGIN
  SELECT * INTO STRICT v_first FROM requests WHERE request_id = p_request;
  IF v_first.fingerprint <> p_fingerprint THEN
    RAISE EXCEPTION 'request % was used with another body', p_request;
  END IF;
  RETURN v_first.event_id;
END $$;

CREATE FUNCTION create_agreement(
  p_request uuid, p_agreement bigint, p_buyer int, p_seller int, p_currency text, p_names text[], p_amounts bigint[],
  p_confirmed_by role[], p_confirmed_kind confirmation[], p_days int[], p_platform_fee int, p_operator_fee int)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_event bigint := nextval('event_ids');
  v_fingerprint bigint := hashtextextended(
    concat_ws('/', p_agreement, p_buyer, p_seller, p_currency, p_names, p_amounts, p_confirmed_by, p_confirmed_kind,
              p_days, p_platform_fee, p_operator_fee), 1);
  v_count int := cardinality(p_names);
  v_total bigint;
BEGIN
  INSERT INTO requests VALUES (p_request, v_fingerprint, v_event) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN repeat_request(p_request, v_fingerprint);
  END IF;
  IF p_currency <> 'EUR' OR v_count NOT BETWEEN 1 AND 100 OR cardinality(p_amounts) <> v_count
     OR cardinality(p_confirmed_by) <> v_count OR cardinality(p_confirmed_kind) <> v_count
     OR cardinality(p_days) <> v_count OR 0 >= ANY (p_amounts) OR p_platform_fee + p_operator_fee > 10000 THEN
    RAISE EXCEPTION 'agreement % is not well formed', p_agreement;
  END IF;
  IF (SELECT count(*) FROM parties WHERE party_id IN (p_buyer, p_seller)) <> 2 THEN
    RAISE EXCEPTION 'agreement % has an unknown party', p_agreement;
  END IF;
  v_total := (SELECT sum(amount) FROM unnest(p_amounts) AS amount);
  INSERT INTO agreements (agreement_id, state, currency, buyer_id, seller_id, required, open_milestones, created_at,
                          updated_at, long_stop_at)
  VALUES (p_agreement, 'active', p_currency, p_buyer, p_seller, v_total, v_count, now(), now(),
          now() + interval '365 days');
  INSERT INTO milestones (agreement_id, position, name, state, amount, confirmed_by, confirmed_kind,
                          days_after_funding, platform_fee_basis_points, operator_fee_basis_points)
  SELECT p_agreement, position, name, 'pending', amount, confirmed_by, confirmed_kind, days, p_platform_fee,
         p_operator_fee
  FROM unnest(p_names, p_amounts, p_confirmed_by, p_confirmed_kind, p_days)
       WITH ORDINALITY AS t (name, amount, confirmed_by, confirmed_kind, days, position);
  INSERT INTO events VALUES
    (v_event, p_agreement, 'created', now(), p_request,
     jsonb_build_object('buyer', p_buyer, 'seller', p_seller, 'currency', p_currency, 'milestones', p_names,
                        'amounts', p_amounts, 'by', p_confirmed_by, 'kinds', p_confirmed_kind, 'days', p_days,
                        'platform_fee', p_platform_fee, 'operator_fee', p_operator_fee));
  RETURN v_event;
END $$;

-- Money came in; when it is all there, every milestone is funded.
CREATE FUNCTION record_deposit(p_request uuid, p_agreement bigint, p_deposit text, p_amount bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_event bigint := nextval('event_ids');
  v_fingerprint bigint := hashtextextended(concat_ws('/', p_agreement, p_deposit, p_amount), 2);
  v_funded bigint;
  v_agreement agreements;
BEGIN
  INSERT INTO requests VALUES (p_request, v_fingerprint, v_event) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN repeat_request(p_request, v_fingerprint);
  END IF;
  SELECT * INTO v_agreement FROM agreements WHERE agreement_id = p_agreement FOR UPDATE;
  IF NOT FOUND OR v_agreement.state <> 'active' OR p_amount <= 0
     OR v_agreement.deposited + p_amount > v_agreement.required THEN
    RAISE EXCEPTION 'deposit % to agreement % is refused', p_deposit, p_agreement;
  END IF;
  INSERT INTO deposits VALUES (p_agreement, p_deposit, p_amount);
  UPDATE agreements SET deposited = deposited + p_amount, updated_at = now() WHERE agreement_id = p_agreement;
  INSERT INTO events VALUES
    (v_event, p_agreement, 'deposited', now(), p_request,
     jsonb_build_object('deposit', p_deposit, 'amount', p_amount));
  INSERT INTO postings VALUES (v_event, 1, 1, -p_amount), (v_event, 2, 2, p_amount);
  IF v_agreement.deposited + p_amount = v_agreement.required THEN
    v_funded := nextval('event_ids');
    UPDATE milestones SET state = 'funded', held = amount, due_at = now() + make_interval(days => days_after_funding)
    WHERE agreement_id = p_agreement AND state = 'pending';
    INSERT INTO events VALUES
      (v_funded, p_agreement, 'funded', now(), p_request, jsonb_build_object('amount', v_agreement.required));
  END IF;
  RETURN v_event;
END $$;

-- Something happened. The milestone's money goes to the seller and to those who earn fees.
CREATE FUNCTION confirm_milestone(
  p_request uuid, p_agreement bigint, p_milestone text, p_kind confirmation, p_party int) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_event bigint := nextval('event_ids');
  v_fingerprint bigint := hashtextextended(concat_ws('/', p_agreement, p_milestone, p_kind, p_party), 3);
  v_agreement agreements;
  v_milestone milestones;
  v_earlier_open boolean;
  v_released bigint;
  v_platform_fee bigint;
  v_operator_fee bigint;
  v_share bigint;
BEGIN
  INSERT INTO requests VALUES (p_request, v_fingerprint, v_event) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN repeat_request(p_request, v_fingerprint);
  END IF;
  SELECT * INTO v_agreement FROM agreements WHERE agreement_id = p_agreement FOR UPDATE;
  IF NOT FOUND OR v_agreement.state <> 'active' OR now() >= v_agreement.long_stop_at THEN
    RAISE EXCEPTION 'agreement % is not active', p_agreement;
  END IF;
  SELECT * INTO v_milestone FROM milestones WHERE agreement_id = p_agreement AND name = p_milestone;
  IF NOT FOUND OR v_milestone.state <> 'funded' OR v_milestone.confirmed_kind <> p_kind
     OR now() >= v_milestone.due_at
     OR p_party <> (CASE v_milestone.confirmed_by WHEN 'buyer' THEN v_agreement.buyer_id
                                                  ELSE v_agreement.seller_id END) THEN
    RAISE EXCEPTION 'confirmation of % of agreement % is refused', p_milestone, p_agreement;
  END IF;
  SELECT EXISTS (SELECT FROM milestones WHERE agreement_id = p_agreement AND position < v_milestone.position
                 AND state <> 'released') INTO v_earlier_open;
  IF v_earlier_open THEN
    RAISE EXCEPTION 'milestone % of agreement % is not open', p_milestone, p_agreement;
  END IF;
  v_platform_fee := (v_milestone.amount * v_milestone.platform_fee_basis_points + 5000) / 10000;
  v_operator_fee := (v_milestone.amount * v_milestone.operator_fee_basis_points + 5000) / 10000;
  v_share := v_milestone.held - v_platform_fee - v_operator_fee;
  v_released := nextval('event_ids');
  UPDATE milestones SET state = 'released', held = 0
  WHERE agreement_id = p_agreement AND position = v_milestone.position;
  UPDATE agreements
  SET released = released + v_share, fees = fees + v_platform_fee + v_operator_fee, updated_at = now(),
      open_milestones = open_milestones - 1,
      state = CASE WHEN open_milestones = 1 THEN 'settled' ELSE state END
  WHERE agreement_id = p_agreement;
  INSERT INTO events VALUES
    (v_event, p_agreement, 'confirmed', now(), p_request,
     jsonb_build_object('milestone', p_milestone, 'kind', p_kind, 'party', p_party)),
    (v_released, p_agreement, 'released', now(), p_request,
     jsonb_build_object('milestone', p_milestone, 'seller', v_share, 'platform_fee', v_platform_fee, 'operator_fee',
                        v_operator_fee));
  INSERT INTO postings VALUES
    (v_released, 1, 2, -v_milestone.held), (v_released, 2, 100 + v_agreement.seller_id, v_share),
    (v_released, 3, 3, v_platform_fee), (v_released, 4, 4, v_operator_fee);
  IF v_agreement.open_milestones = 1 THEN
    INSERT INTO events VALUES (nextval('event_ids'), p_agreement, 'closed', now(), p_request, '{}');
  END IF;
  RETURN v_event;
END $$;

-- What an account holds now.
CREATE FUNCTION balance_of(p_account int) RETURNS bigint LANGUAGE sql STABLE SET search_path = escrow AS $$
  SELECT a.balance + coalesce(sum(p.amount), 0)::bigint
  FROM accounts a LEFT JOIN postings p ON p.account_id = a.account_id AND p.event_id > a.rolled_up_event
  WHERE a.account_id = p_account
  GROUP BY a.account_id
$$;
