-- What the tables are searched by besides their keys; made after the population is in.
SET search_path = escrow;
CREATE INDEX events_of_agreement ON events (agreement_id, event_id);                     -- its history
CREATE INDEX postings_of_account ON postings (account_id, event_id) INCLUDE (amount);    -- its balance, its statement
CREATE INDEX milestones_due ON milestones (due_at) WHERE state = 'funded';               -- timers
ANALYZE;
