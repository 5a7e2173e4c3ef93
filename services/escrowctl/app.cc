#include "escrowctl/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "crypto/hex.h"
#include "crypto/random.h"
#include "escrow/v1/command_service.pb.h"
#include "escrowctl/audit/audit_command.h"
#include "escrowctl/audit/look_back.h"
#include "escrowctl/audit/verifier.h"
#include "escrowctl/backup/backup_command.h"
#include "escrowctl/client.h"
#include "escrowctl/console.h"
#include "escrowctl/errors.h"
#include "escrowctl/methods.h"
#include "escrowctl/orders_command.h"
#include "escrowctl/read_file.h"
#include "escrowctl/render.h"
#include "escrowctl/request.h"
#include "escrowctl/story.h"
#include "escrowctl/values.h"
#include "escrowctl/vault_command.h"
#include "escrowctl/views.h"

namespace escrow::ctl {
namespace {

using google::protobuf::Message;

constexpr char kFooter[] =
    "Exit codes: 0 done; 1 refused by the server (or one of many commands was), or a check found something wrong; 2 "
    "the command line or a file is "
    "wrong, "
    "nothing was sent;\n3 the server cannot be reached or the outcome is not known: ask again with the same "
    "--request-id.\n"
    "Amounts: \"100.00 EUR\", or EUR:10000 for minor units. Times: 2026-03-02T09:00:00Z. Durations: 7d, 36h, 90s.\n"
    "First steps: escrowctl story; escrowctl orders; escrowctl rules.";

// What stands before the noun.
struct Globals {
  ConnectionOptions connection;
  std::string data_dir;
  std::string api_key_file;
  bool json = false;
};

// A command that was chosen; it returns the exit code.
using Action = std::function<int()>;

absl::StatusOr<std::string> ReadKeyFile(const std::string& path) {
  absl::StatusOr<std::string> key = ReadFile(path);
  if (key.ok()) {
    key->erase(key->find_last_not_of(" \r\n") + 1);
  }
  return key;
}

// The API key: what the command line names comes before the environment; none otherwise.
absl::StatusOr<std::string> FindApiKey(const Globals& globals) {
  if (!globals.api_key_file.empty()) {
    return ReadKeyFile(globals.api_key_file);
  }
  if (!globals.data_dir.empty()) {
    return ReadKeyFile(globals.data_dir + "/operator.key");
  }
  const char* key = std::getenv("ESCROWCTL_API_KEY");
  return key == nullptr ? std::string() : std::string(key);
}

// The values of a method's flags as they stand on the command line.
struct MethodFlags {
  explicit MethodFlags(const Method& m) : method(m), flags(FlagsOf(m.request())), values(flags.size()) {}

  const Method& method;
  std::vector<FieldFlag> flags;
  std::vector<std::vector<std::string>> values;  // by flag
  std::string file;
};

// The command line as a tree, and what it asks for. Threading: none. Lives as long as the program.
class App {
 public:
  App() : app_("escrowctl talks to escrowd: custody, step by step, explained.", "escrowctl") {
    app_.require_subcommand(1);
    AddGlobals();
    AddMethods();
    AddViews();
    app_.footer(kFooter);  // last: subcommands would inherit it
  }

  int Run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& asked_for_help) {
      return app_.exit(asked_for_help);
    } catch (const CLI::ParseError& error) {
      return PrintError(absl::InvalidArgumentError(error.what()), globals_.json, std::cerr);
    }
    return action_();
  }

 private:
  void AddGlobals() {
    ConnectionOptions& c = globals_.connection;
    app_.add_option("--address", c.address, "Where escrowd listens")
        ->envname("ESCROWCTL_ADDRESS")
        ->capture_default_str();
    app_.add_option("--data-dir", globals_.data_dir, "Data folder of a local escrowd: use its operator.key");
    app_.add_option("--api-key-file", globals_.api_key_file,
                    "File with the API key (or the key itself in ESCROWCTL_API_KEY)");
    app_.add_flag("--tls", c.tls, "Speak TLS, trusting the system's roots");
    app_.add_option("--ca", c.ca_file, "Speak TLS, trusting these roots (PEM)");
    app_.add_option("--cert", c.certificate_file, "The client's certificate (PEM)");
    app_.add_option("--key", c.key_file, "The key of the client's certificate (PEM)");
    app_.add_option("--timeout", c.timeout_seconds, "How long a call may take")
        ->check(CLI::Range(1, 86'400))
        ->type_name("SECONDS")
        ->capture_default_str();
    app_.add_flag("--json", globals_.json, "Documents for programs instead of tables for people");
    for (CLI::Option* option : app_.get_options()) {
      option->take_last();  // so that a script's settings can be overridden
    }
  }

  CLI::App& Noun(const std::string& noun) {
    CLI::App*& sub = nouns_[noun];
    if (sub == nullptr) {
      sub = app_.add_subcommand(noun);
      if (!noun.ends_with('s')) {
        sub->alias(noun + "s");
      }
      sub->require_subcommand(1);
      sub->fallthrough();
    }
    return *sub;
  }

  CLI::App& Verb(CLI::App& parent, const std::string& verb, const std::string& help, Action action) {
    CLI::App* sub = parent.add_subcommand(verb, help);
    sub->fallthrough();
    sub->final_callback([this, action = std::move(action)] { action_ = action; });
    return *sub;
  }

  void AddMethods() {
    for (const Method& method : AllMethods()) {
      CLI::App& noun = Noun(method.noun);
      if (noun.get_description().empty()) {
        noun.description(CommentOf(*method.descriptor->service()));
      }
      auto state = std::make_shared<MethodFlags>(method);
      CLI::App& sub = Verb(noun, method.verb, CommentOf(*method.descriptor), [this, state] { return Call(*state); });
      sub.add_option("--file", state->file, FileHelp(method))->type_name("FILE");
      if (method.descriptor->client_streaming()) {
        continue;  // its messages come from the file
      }
      for (std::size_t i = 0; i < state->flags.size(); ++i) {
        AddFlag(sub, state->flags[i], state->values[i]);
      }
    }
  }

  static std::string FileHelp(const Method& method) {
    if (method.descriptor->client_streaming()) {
      return "Messages to send, one JSON document a line; - is the standard input";
    }
    return "The request as JSON, whole or the resource in it alone; - is the standard input. Flags come on top";
  }

  // The contract's comment, except where the command line adds something to it.
  static std::string HelpOf(const FieldFlag& flag) {
    if (flag.name == "request-id" && flag.field().containing_type()->FindFieldByName("validate_only") != nullptr) {
      return "UUID of the request; one id has one effect. A fresh one without it";
    }
    if (flag.name == "validate-only") {
      return "Say what would happen and change nothing";
    }
    return CommentOf(flag.field()) + (flag.required ? " Required." : "");
  }

  static void AddFlag(CLI::App& sub, const FieldFlag& flag, std::vector<std::string>& values) {
    const std::string help = HelpOf(flag);
    if (flag.is_switch() && !flag.field().is_repeated()) {
      sub.add_flag_callback("--" + flag.name, [&values] { values.assign(1, "true"); }, help);
      return;
    }
    // What a command is about can be said without its flag: `agreement get NAME`.
    const bool leading = flag.path.size() == 1 && (flag.name == "name" || flag.name == "sequence");
    CLI::Option* option = sub.add_option((leading ? flag.name + "," : "") + "--" + flag.name, values, help);
    option->type_name(flag.type_name())->expected(1);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (flag.field().is_repeated()) {
      option->expected(1)->allow_extra_args(false);
    }
  }

  void AddViews() {
    AddAgreementViews();
    AddLedgerViews();
    AddTables();
    AddTail();
    AddIssueKey();
    AddVault();
    AddStory();
    AddOrders();
    AddBackup();
    AddAudit();
  }

  void AddAgreementViews() {
    auto name = std::make_shared<std::string>();
    auto add = [&](const std::string& verb, const std::string& help, auto view) {
      CLI::App& sub = Verb(Noun("agreement"), verb, help, [this, name, view] {
        return WithClient([&](Client& client) { return view(client, *name, Out()); });
      });
      sub.add_option("name,--name", *name, "platforms/{platform}/agreements/{agreement}")->required();
    };
    add("show", "Terms, state, and the timeline of goods and money side by side", ShowAgreement);
    add("why", "Why money stands where it stands, and who may do what next", ExplainAgreement);
  }

  void AddLedgerViews() {
    auto platform = std::make_shared<std::string>();
    CLI::App& balance = Verb(Noun("ledger"), "trial-balance",
                             "The totals of every kind of account; exit 1 if they do not add up", [this, platform] {
                               return WithCheck([&](Client& client, bool& balanced) {
                                 return ShowTrialBalance(client, *platform, Out(), balanced);
                               });
                             });
    balance.add_option("--platform", *platform, "platforms/{platform}; all without it");
    Verb(Noun("ledger"), "replay", "Rebuild the state from the log and compare; exit 1 if it differs", [this] {
      return WithCheck([&](Client& client, bool& identical) { return VerifyReplay(client, Out(), identical); });
    });
  }

  void AddTables() {
    auto markdown = std::make_shared<bool>(false);
    for (const auto& [verb, help, view] :
         {std::tuple{"rules", "Who may do what, and what each state allows", &ShowRules},
          std::tuple{"reasons", "Every reason for which a call can be refused", &ShowReasons}}) {
      CLI::App& sub = Verb(app_, verb, help, [this, markdown, view = view] {
        return WithClient([&](Client& client) { return view(client, *markdown, Out()); });
      });
      sub.add_flag("--markdown", *markdown, "Tables of Markdown, for the documentation");
    }
  }

  void AddTail() {
    struct TailFlags {
      std::int64_t from = 1;
      bool stop = false;
      std::string platform;
      std::string agreement;
      std::string party;
      std::vector<std::string> kinds;
    };
    auto flags = std::make_shared<TailFlags>();
    CLI::App& sub = Verb(Noun("event"), "tail", "Follow the log live; interrupt to stop", [this, flags] {
      v1::StreamEventsRequest request;
      request.set_start_sequence(flags->from);
      request.set_stop_at_end(flags->stop);
      v1::EventFilter& filter = *request.mutable_event_filter();
      filter.set_platform(flags->platform);
      filter.set_agreement(flags->agreement);
      filter.set_party(flags->party);
      for (const std::string& text : flags->kinds) {
        const auto kind = ParseEnum(*v1::EventKind_descriptor(), text);
        if (!kind.ok()) {
          return Fail(kind.status());
        }
        filter.add_kinds(static_cast<v1::EventKind>((*kind)->number()));
      }
      return WithClient([&](Client& client) { return TailEvents(client, request, Out()); });
    });
    sub.add_option("--from", flags->from, "First sequence")->check(CLI::PositiveNumber)->capture_default_str();
    sub.add_flag("--stop-at-end", flags->stop, "Stop at the present end of the log");
    sub.add_option("--platform", flags->platform, "Only of this platform");
    sub.add_option("--agreement", flags->agreement, "Only of this agreement");
    sub.add_option("--party", flags->party, "Only of this party");
    sub.add_option("--kind", flags->kinds, "Only of this kind, such as MILESTONE_RELEASED; may be repeated")
        ->allow_extra_args(false);
  }

  void AddIssueKey() {
    auto request = std::make_shared<KeyRequest>();
    CLI::App& sub =
        Verb(Noun("platform"), "issue-key", "Make an API key and register it; the server keeps its hash only",
             [this, request] { return WithClient([&](Client& client) { return IssueKey(client, *request, Out()); }); });
    sub.add_option("--credential-id", request->credential_id, "Id of the credential")->required();
    sub.add_option("--kind", request->kind, "Whose key: OPERATOR, PLATFORM, PARTY or AUDITOR")->required();
    sub.add_option("--platform", request->platform, "platforms/{platform}, for PLATFORM and AUDITOR");
    sub.add_option("--party", request->party, "platforms/{platform}/parties/{party}, for PARTY");
    sub.add_option("--out", request->file, "New file for the key")->required();
  }

  void AddVault() {
    auto put = std::make_shared<PutOptions>();
    CLI::App& sub = Verb(Noun("vault"), "put", "Put the content of a file into the vault", [this, put] {
      return WithClient([&](Client& client) { return PutRecord(client, *put, Out()); });
    });
    sub.add_option("party,--party", put->party, "platforms/{platform}/parties/{party}")->required();
    sub.add_option("--record-id", put->record_id, "Id of the record")->required();
    sub.add_option("--kind", put->kind, "NAME, ADDRESS, CONTACT, IDENTITY, BANK_ACCOUNT, DOCUMENT, NOTICE or OTHER")
        ->required();
    sub.add_option("--from", put->file, "The file; - is the standard input")->required();
    sub.add_option("--request-id", put->request_id,
                   "UUID of the request; one id has one effect. A fresh one without it");

    auto name = std::make_shared<std::string>();
    auto file = std::make_shared<std::string>();
    CLI::App& get = Verb(Noun("vault"), "get", "Write the content of a record to a new file", [this, name, file] {
      return WithClient([&](Client& client) { return GetRecord(client, *name, *file, Out()); });
    });
    get.add_option("name,--name", *name, "platforms/{platform}/parties/{party}/records/{record}")->required();
    get.add_option("--to", *file, "The new file")->required();
  }

  // A name that no platform has yet.
  static std::string FreshId(const char* prefix) { return fmt::format("{}-{}", prefix, HexOf(crypto::RandomBytes(4))); }

  void AddStory() {
    struct StoryFlags {
      std::string platform_id;
      bool no_pace = false;
    };
    auto flags = std::make_shared<StoryFlags>();
    CLI::App& sub =
        Verb(app_, "story", "One parcel's story on a new sandbox, goods and money side by side", [this, flags] {
          const std::string id = flags->platform_id.empty() ? FreshId("story") : flags->platform_id;
          const bool pace = !flags->no_pace && StdoutIsTerminal();
          return WithClient([&](Client& client) { return TellStory(client, id, pace, std::cout); });
        });
    sub.add_option("--platform-id", flags->platform_id, "Id of the new sandbox; a fresh one without it");
    sub.add_flag("--no-pace", flags->no_pace, "No pauses between the steps");
  }

  void AddOrders() {
    auto options = std::make_shared<OrdersOptions>();
    CLI::App& sub = Verb(
        app_, "orders", "Run a marketplace's orders through the service and account for every unit", [this, options] {
          if (options->platform_id.empty()) {
            options->platform_id = FreshId("orders");
          }
          return WithCheck([&](Client& client, bool& good) { return RunOrders(client, *options, Out(), good); });
        });
    CLI::Option* folder = sub.add_option("--dir", options->folder,
                                         "Folder with orders.csv, order_items.csv, "
                                         "order_payments.csv and order_reviews.csv");
    CLI::Option* generate = sub.add_option("--generate", options->generate, "How many orders to make instead");
    generate->check(CLI::Range(1, 1'000'000))->type_name("N")->capture_default_str()->excludes(folder);
    sub.add_option("--seed", options->seed, "Seed of the orders that are made")
        ->capture_default_str()
        ->excludes(folder);
    sub.add_option("--platform-id", options->platform_id, "Id of the new sandbox; a fresh one without it");
    sub.add_option("--report", options->report_file, "Write every finding and refusal to this file, as JSON");
  }

  void AddBackup() {
    Noun("backup").description("Keep the log elsewhere, bring it back, and prove that it is whole.");
    auto folder = std::make_shared<std::string>();
    CLI::App& create = Verb(
        Noun("backup"), "create",
        "Back up the log of the running server, or bring a backup up to date; verified by its Merkle root",
        [this, folder] { return WithClient([&](Client& client) { return CreateBackup(client, *folder, Out()); }); });
    create.add_option("folder,--to", *folder, "Folder of the backup; made when missing")->required();

    auto restore = std::make_shared<RestoreOptions>();
    CLI::App& bring = Verb(Noun("backup"), "restore", "Make a data folder for escrowd out of a backup",
                           [this, restore] { return Report(RestoreBackup(*restore, Out())); });
    bring.add_option("--from", restore->from, "The backup, or the data folder of a stopped server")->required();
    bring.add_option("--to", restore->to, "New data folder; must be empty or missing")->required();
    bring.add_flag("--salvage", restore->salvage,
                   "Take what can be read of a damaged log, up to the first bad position");

    auto anchor = std::make_shared<std::string>();
    CLI::App& verify = Verb(Noun("backup"), "verify",
                            "Verify a backup or a data folder, without a server; exit 1 if something is wrong",
                            [this, folder, anchor] { return Report(VerifyBackup(*folder, *anchor, Out())); });
    verify.add_option("folder,--dir", *folder, "The backup, or a data folder")->required();
    verify.add_option("--anchor", *anchor, "The anchor, when it is not in the folder (anchor_file of escrowd)");
  }

  void AddAudit() {
    CLI::App& audit = Noun("audit");
    audit.description("Check the log without trusting who runs it, and take away what proves it to others.");
    auto checkpoint = std::make_shared<CheckpointOptions>();
    CLI::App& show =
        Verb(audit, "checkpoint", "The newest signed checkpoint; exit 1 if it does not continue an older one",
             [this, checkpoint] {
               return WithCheck(
                   [&](Client& client, bool& good) { return ShowCheckpoint(client, *checkpoint, Out(), good); });
             });
    show.add_option("--save", checkpoint->save, "Write it to this file: keep it, it proves later what was said today");
    show.add_option("--since", checkpoint->since, "File of an older checkpoint, which it must continue");
    show.add_option("--vkey", checkpoint->verifier_key, "The log's key, had from elsewhere; else the server's word");

    auto receipt = std::make_shared<ReceiptOptions>();
    CLI::App& save = Verb(
        audit, "receipt", "One file that proves an event and shows why it happened, to anybody",
        [this, receipt] { return WithClient([&](Client& client) { return SaveReceipt(client, *receipt, Out()); }); });
    save.add_option("sequence,--sequence", receipt->sequence, "Position of the event")
        ->required()
        ->check(CLI::PositiveNumber);
    save.add_option("--out", receipt->file, "File of the receipt, *.tlog-proof")->required();
    save.add_option("--vkey", receipt->verifier_key, "The log's key, had from elsewhere; else the server's word");

    auto folder = std::make_shared<std::string>();
    CLI::App& all =
        Verb(audit, "export", "The whole log as a folder that escrow-verify and public tools can check",
             [this, folder] { return WithClient([&](Client& client) { return ExportLog(client, *folder, Out()); }); });
    all.add_option("folder,--to", *folder, "New folder")->required();

    CLI::App* verify = audit.add_subcommand("verify",
                                            "Check a whole log (an export, a data folder, a URL) as escrow-verify log, "
                                            "whose options and exit codes it has:\n"
                                            "escrowctl audit verify LOG --vkey KEY");
    verify->fallthrough(false);
    verify->prefix_command();  // all that follows is escrow-verify's
    verify->set_help_flag();
    verify->final_callback([this, verify] {
      action_ = [this, arguments = verify->remaining()] { return Fail(BecomeVerifier(arguments)); };
    });

    auto past = std::make_shared<LookBackOptions>();
    CLI::App& look =
        Verb(audit, "look-back", "An agreement, a party, a payout or the ledger as it was, or what has changed",
             [this, past] { return WithClient([&](Client& client) { return LookBack(client, *past, Out()); }); });
    look.add_option("name,--name", past->what, "Resource name of the agreement, party or payout; or ledger")
        ->required();
    look.add_option("--at", past->at, "Position in the log, or time by its clock; without it, now");
    look.add_option("--since", past->since, "An earlier position or time: show what has changed from there on");
  }

  [[nodiscard]] Output Out() const { return {.out = std::cout, .json = globals_.json}; }

  int Fail(const absl::Status& status) const { return PrintError(status, globals_.json, std::cerr); }

  int Report(const absl::Status& status) const {
    std::cout.flush();
    return status.ok() ? kExitOk : Fail(status);
  }

  int WithClient(const std::function<absl::Status(Client&)>& view) {
    const absl::StatusOr<std::string> api_key = FindApiKey(globals_);
    if (!api_key.ok()) {
      return Fail(api_key.status());
    }
    globals_.connection.api_key = *api_key;
    const auto client = Client::Connect(globals_.connection);
    if (!client.ok()) {
      return Fail(client.status());
    }
    return Report(view(**client));
  }

  // A view that also checks something: exit 1 when the check fails.
  int WithCheck(const std::function<absl::Status(Client&, bool&)>& view) {
    bool good = false;
    const int code = WithClient([&](Client& client) { return view(client, good); });
    return code != kExitOk ? code : good ? kExitOk : kExitRefused;
  }

  // The request that the flags and the file ask for.
  absl::StatusOr<std::unique_ptr<Message>> MakeRequest(const MethodFlags& state) const {
    std::unique_ptr<Message> request = NewMessage(state.method.request());
    if (!state.file.empty()) {
      const absl::StatusOr<std::string> json = ReadFile(state.file);
      if (!json.ok()) {
        return json.status();
      }
      if (absl::Status status = FillFromJson(*request, *json); !status.ok()) {
        return absl::InvalidArgumentError(fmt::format("{}: {}", state.file, std::string(status.message())));
      }
    }
    for (std::size_t i = 0; i < state.flags.size(); ++i) {
      if (!state.values[i].empty()) {
        if (absl::Status status = SetField(*request, state.flags[i], state.values[i]); !status.ok()) {
          return status;
        }
      }
    }
    if (const auto* body = BodyOf(state.method.request()); body != nullptr && state.method.writes()) {
      request->GetReflection()->MutableMessage(request.get(), body);  // a resource without any setting is one, too
    }
    if (absl::Status status = CheckRequired(*request, state); !status.ok()) {
      return status;
    }
    if (state.method.writes()) {
      const auto* field = state.method.request().FindFieldByName("request_id");
      const auto* reflection = request->GetReflection();
      if (reflection->GetString(*request, field).empty()) {
        reflection->SetString(request.get(), field, NewRequestId());
      }
      // Said before it is sent: if the answer is lost, this is what to ask again with.
      fmt::print(stderr, "request id {}\n", reflection->GetString(*request, field));
    }
    return request;
  }

  // Says at once what the server would say: what the request itself cannot do without. The request id is ours to make.
  static absl::Status CheckRequired(const Message& request, const MethodFlags& state) {
    for (const FieldFlag& flag : state.flags) {
      const auto& field = flag.field();
      if (!flag.required || (state.method.writes() && field.name() == "request_id")) {
        continue;
      }
      const auto* reflection = request.GetReflection();
      const bool set =
          field.is_repeated() ? reflection->FieldSize(request, &field) > 0 : reflection->HasField(request, &field);
      if (!set) {
        return absl::InvalidArgumentError(fmt::format("--{} is needed: {}", flag.name, CommentOf(field)));
      }
    }
    return absl::OkStatus();
  }

  int Call(const MethodFlags& state) {
    if (state.method.descriptor->client_streaming()) {
      return Converse(state);
    }
    const auto request = MakeRequest(state);
    if (!request.ok()) {
      return Fail(request.status());
    }
    bool refused = false;
    const int code = WithClient([&](Client& client) -> absl::Status {
      if (state.method.descriptor->server_streaming()) {
        return client.Stream(**request, [&](const Message& message) { return Print(message, true); });
      }
      const std::unique_ptr<Message> response = NewMessage(*state.method.descriptor->output_type());
      const auto* page_size = state.method.request().FindFieldByName("page_size");
      const bool one_page = page_size == nullptr || (*request)->GetReflection()->GetInt32(**request, page_size) != 0;
      const absl::Status status = state.method.paged() && !one_page ? client.CallAllPages(**request, *response)
                                                                    : client.Call(**request, *response);
      if (status.ok()) {
        Print(*response, false);
        refused = HasRefusal(*response);
      }
      return status;
    });
    return code == kExitOk && refused ? kExitRefused : code;
  }

  // Whether one of many commands was refused, although the call itself was not.
  static bool HasRefusal(const Message& message) {
    if (message.GetDescriptor() == v1::StreamCommandsResponse::descriptor()) {
      return static_cast<const v1::StreamCommandsResponse&>(message).result().has_status();
    }
    return message.GetDescriptor() == v1::ExecuteBatchResponse::descriptor() &&
           std::ranges::any_of(static_cast<const v1::ExecuteBatchResponse&>(message).results(),
                               [](const v1::CommandResult& result) { return result.has_status(); });
  }

  // A stream of both sides: one JSON document a line in, one reply each out.
  int Converse(const MethodFlags& state) {
    if (state.file.empty()) {
      return Fail(absl::InvalidArgumentError("--file is needed: one JSON document a line; - is the standard input"));
    }
    const absl::StatusOr<std::string> text = ReadFile(state.file);
    if (!text.ok()) {
      return Fail(text.status());
    }
    std::istringstream lines(*text);
    std::int64_t number = 0;
    const auto next = [&]() -> absl::StatusOr<std::unique_ptr<Message>> {
      std::string line;
      while (std::getline(lines, line)) {
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string::npos) {
          continue;
        }
        std::unique_ptr<Message> message = NewMessage(state.method.request());
        if (absl::Status status = FillFromJson(*message, line); !status.ok()) {
          return absl::InvalidArgumentError(
              fmt::format("{}:{}: {}", state.file, number, std::string(status.message())));
        }
        return message;
      }
      return nullptr;
    };
    bool refused = false;
    const int code = WithClient([&](Client& client) {
      return client.Converse(state.method, next, [&](const Message& message) {
        refused = refused || HasRefusal(message);
        return Print(message, true);
      });
    });
    return code == kExitOk && refused ? kExitRefused : code;
  }

  // False when stdout takes no more.
  bool Print(const Message& message, bool one_line) const {
    if (globals_.json) {
      RenderJson(message, one_line, std::cout);
    } else {
      Render(message, std::cout);
    }
    std::cout.flush();
    return std::cout.good();
  }

  Globals globals_;
  CLI::App app_;
  std::map<std::string, CLI::App*> nouns_;
  Action action_;
};

}  // namespace

int RunApp(int argc, const char* const* argv) { return App().Run(argc, argv); }

}  // namespace escrow::ctl
