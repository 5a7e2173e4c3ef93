#include "audit/exports/sqlite.h"

#include <filesystem>
#include <optional>
#include <set>

#include "audit/exports/database.h"
#include "audit/exports/ledger.h"
#include "audit/exports/words.h"
#include "base/currency.h"
#include "crypto/hex.h"
#include "google/protobuf/util/json_util.h"

namespace escrow::audit::exports {
namespace {

// WHY no journal and no sync: a file that is not finished is removed, so nobody needs it back after a crash.
constexpr char kTables[] = R"sql(
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA foreign_keys = ON;
BEGIN;
CREATE TABLE log (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  origin  TEXT    NOT NULL,
  size    INTEGER NOT NULL,
  root    TEXT    NOT NULL,
  through INTEGER NOT NULL CHECK (through <= size)
) STRICT;
CREATE TABLE currency (
  code     TEXT    NOT NULL PRIMARY KEY,
  exponent INTEGER NOT NULL CHECK (exponent BETWEEN 0 AND 4)
) STRICT, WITHOUT ROWID;
CREATE TABLE account (
  account   INTEGER PRIMARY KEY,
  name      TEXT    NOT NULL UNIQUE,
  kind      TEXT    NOT NULL,
  platform  TEXT    NOT NULL,
  currency  TEXT    NOT NULL REFERENCES currency,
  agreement TEXT,
  milestone INTEGER,
  party     TEXT
) STRICT;
CREATE TABLE event (
  event          INTEGER PRIMARY KEY,
  log_time       TEXT    NOT NULL,
  effective_time TEXT    NOT NULL,
  fact           TEXT    NOT NULL,
  platform       TEXT,
  agreement      TEXT,
  previous       INTEGER REFERENCES event CHECK (previous < event),
  cause          INTEGER REFERENCES event CHECK (cause < event),
  payout         TEXT,
  reference      TEXT,
  json           TEXT    NOT NULL
) STRICT;
CREATE TABLE posting (
  event       INTEGER NOT NULL REFERENCES event,
  line        INTEGER NOT NULL,
  account     INTEGER NOT NULL REFERENCES account,
  minor_units INTEGER NOT NULL CHECK (minor_units <> 0),
  PRIMARY KEY (event, line)
) STRICT, WITHOUT ROWID;
)sql";

// Made after the rows: that is quicker than keeping them up to date.
constexpr char kIndexesAndViews[] = R"sql(
CREATE INDEX event_by_agreement ON event (platform, agreement, event);
CREATE INDEX event_by_payout ON event (platform, payout, event) WHERE payout IS NOT NULL;
CREATE INDEX event_by_log_time ON event (log_time);
CREATE INDEX posting_by_account ON posting (account, event);
CREATE VIEW balance AS
  SELECT account.*, sum(minor_units) AS minor_units FROM account JOIN posting USING (account) GROUP BY account.account;
CREATE VIEW trial_balance AS
  SELECT platform, currency, kind, max(-sum(minor_units), 0) AS debit, max(sum(minor_units), 0) AS credit
  FROM account JOIN posting USING (account) GROUP BY platform, currency, kind;
CREATE VIEW movement AS
  SELECT account.name, event.event, log_time, fact, payout, reference, currency, minor_units,
         sum(minor_units) OVER (PARTITION BY posting.account ORDER BY posting.event, line) AS balance
  FROM posting JOIN event USING (event) JOIN account USING (account);
CREATE VIEW unbalanced AS
  SELECT event, sum(minor_units) AS minor_units FROM posting GROUP BY event HAVING sum(minor_units) <> 0;
COMMIT;
)sql";

class SqliteExport final : public Export {
 public:
  SqliteExport(Database database, std::string path) : database_(std::move(database)), path_(std::move(path)) {}
  SqliteExport(const SqliteExport&) = delete;
  SqliteExport& operator=(const SqliteExport&) = delete;

  ~SqliteExport() override {
    if (!finished_) {
      std::error_code ignored;
      std::filesystem::remove(path_, ignored);
    }
  }

  absl::Status Begin(const Extent& extent) {
    if (absl::Status made = database_.Run(kTables); !made.ok()) {
      return made;
    }
    inserts_.emplace(database_);
    Insertion log(database_, "INSERT INTO log VALUES (1, ?, ?, ?, ?)");
    return log.Bind(extent.checkpoint.origin)
        .Bind(static_cast<std::int64_t>(extent.checkpoint.size))
        .Bind(crypto::HexEncode(extent.checkpoint.root))
        .Bind(static_cast<std::int64_t>(extent.through))
        .Step();
  }

  absl::Status Take(const v1::Event& event) override {
    absl::Status done = ledger_.Take(event);
    if (done.ok()) {
      done = InsertEvent(event);
    }
    std::int64_t number = 0;
    for (const Ledger::Line& line : ledger_.lines()) {
      if (done.ok() && line.first) {
        done = InsertAccount(line.account);
      }
      if (done.ok()) {
        done = inserts_->posting.Bind(static_cast<std::int64_t>(event.sequence()))
                   .Bind(number++)
                   .Bind(static_cast<std::int64_t>(line.account))
                   .Bind(line.minor_units)
                   .Step();
      }
    }
    return done;
  }

  absl::Status Finish() override {
    inserts_.reset();
    absl::Status done = database_.Run(kIndexesAndViews);
    if (done.ok()) {
      done = database_.Close();
    }
    finished_ = done.ok();
    return done;
  }

 private:
  struct Inserts {
    explicit Inserts(Database& database)
        : currency(database, "INSERT INTO currency VALUES (?, ?)"),
          account(database, "INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
          event(database, "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
          posting(database, "INSERT INTO posting VALUES (?, ?, ?, ?)") {}
    Insertion currency;
    Insertion account;
    Insertion event;
    Insertion posting;
  };

  absl::Status InsertEvent(const v1::Event& event) {
    std::string json;
    const auto made = google::protobuf::util::MessageToJsonString(event, &json);
    if (!made.ok()) {
      return absl::DataLossError("event " + std::to_string(event.sequence()) + ": " + made.ToString());
    }
    Insertion& insert = inserts_->event;
    insert.Bind(static_cast<std::int64_t>(event.sequence()))
        .Bind(TimeText(event.log_time()))
        .Bind(TimeText(event.has_effective_time() ? event.effective_time() : event.log_time()))
        .Bind(FactName(event))
        .Bind(event.platform())
        .Bind(event.agreement_id());
    BindPosition(insert, event.previous_sequence());
    BindPosition(insert, event.cause_sequence());
    return insert.Bind(PayoutIdOf(event)).Bind(ReferenceOf(event)).Bind(json).Step();
  }

  static void BindPosition(Insertion& insert, std::uint64_t sequence) {
    if (sequence == 0) {
      insert.BindNull();
    } else {
      insert.Bind(static_cast<std::int64_t>(sequence));
    }
  }

  absl::Status InsertAccount(std::size_t number) {
    const Account& account = ledger_.accounts()[number];
    if (currencies_.insert(account.currency).second) {
      const auto currency = base::Currency::FromCode(account.currency);
      const absl::Status done = inserts_->currency.Bind(account.currency).Bind(currency->exponent()).Step();
      if (!done.ok()) {
        return done;
      }
    }
    Insertion& insert = inserts_->account;
    insert.Bind(static_cast<std::int64_t>(number))
        .Bind(JournalName(account))
        .Bind(KindName(account.kind))
        .Bind(account.platform)
        .Bind(account.currency)
        .Bind(account.agreement);
    if (account.kind == v1::ACCOUNT_KIND_CUSTODY) {
      insert.Bind(std::int64_t{account.milestone});
    } else {
      insert.BindNull();
    }
    return insert.Bind(account.party).Step();
  }

  Database database_;
  std::string path_;
  std::optional<Inserts> inserts_;
  Ledger ledger_;
  std::set<std::string> currencies_;
  bool finished_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Export>> NewSqliteExport(const Extent& extent, const std::string& path) {
  absl::StatusOr<Database> database = Database::Create(path);
  if (!database.ok()) {
    return database.status();
  }
  auto made = std::make_unique<SqliteExport>(*std::move(database), path);
  if (absl::Status begun = made->Begin(extent); !begun.ok()) {
    return begun;
  }
  return made;
}

}  // namespace escrow::audit::exports
