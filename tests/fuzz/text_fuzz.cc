// Small texts from outside: names, ids, amounts, times, durations, filters, page tokens. The first byte says which.
// What was read, printed and read again is the same.

#include <array>
#include <string>

#include "api/filter.h"
#include "api/listen_address.h"
#include "api/page.h"
#include "base/assert.h"
#include "base/currency.h"
#include "core/limits.h"
#include "core/names.h"
#include "escrow/v1/agreement_service.pb.h"
#include "escrowctl/orders/olist.h"
#include "escrowctl/values.h"
#include "fuzz/target.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace escrow::fuzz {
namespace {

void Names(std::string_view text) {
  if (const auto id = core::ParsePlatformName(text)) {
    ESCROW_ASSERT(core::PlatformName(*id) == text);
  }
  if (const auto name = core::ParsePartyName(text)) {
    ESCROW_ASSERT(core::PartyName(name->platform_id, name->id) == text);
  }
  if (const auto name = core::ParseAgreementName(text)) {
    ESCROW_ASSERT(core::AgreementName(name->platform_id, name->id) == text);
  }
  if (const auto name = core::ParsePayoutName(text)) {
    ESCROW_ASSERT(core::PayoutName(name->platform_id, name->id) == text);
  }
  if (const auto id = core::ParseCredentialName(text)) {
    ESCROW_ASSERT(core::CredentialName(*id) == text);
  }
}

void Ids(std::string_view text) {
  ESCROW_ASSERT(!core::ValidId(text) || core::ValidReference(text, core::kIdBytesMax));
  if (core::ParseRequestId(text)) {
    ESCROW_ASSERT(text.size() == 36 && text.find_first_not_of("0123456789abcdef-") == std::string_view::npos);
  }
}

void Decimals(std::string_view text) {
  for (const int exponent : {0, 2, 3, 18}) {
    const auto units = ctl::ParseDecimal(text, exponent);
    if (units.ok()) {
      ESCROW_ASSERT(*units >= 0);
      const auto again = ctl::ParseDecimal(base::FormatDecimal(*units, exponent), exponent);
      ESCROW_ASSERT(again.ok() && *again == *units);
    }
  }
}

void Amounts(std::string_view text) {
  const auto amount = ctl::ParseAmount(text);
  if (amount.ok() && base::Currency::FromCode(amount->currency_code()) && amount->minor_units() >= 0) {
    const auto again = ctl::ParseAmount(ctl::FormatAmount(*amount));
    ESCROW_ASSERT(again.ok() && again->minor_units() == amount->minor_units() &&
                  again->currency_code() == amount->currency_code());
  }
}

void Times(std::string_view text) {
  const auto timestamp = ctl::ParseTimestamp(text);
  if (timestamp.ok()) {
    ESCROW_ASSERT(!ctl::FormatTimestamp(*timestamp).empty());
  }
  const auto duration = ctl::ParseDuration(text);
  if (duration.ok()) {
    const auto again = ctl::ParseDuration(ctl::FormatDuration(duration->seconds()));
    ESCROW_ASSERT(again.ok() && again->seconds() == duration->seconds());
  }
  const auto local = orders::ParseLocalTime(text);
  ESCROW_ASSERT(local.ok() || !local.status().message().empty());
}

// What a refused call tells must be readable, whatever of the request is in it.
void CheckReadable(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  ESCROW_ASSERT(status.ok() || (details.ParseFromString(status.error_details()) && details.details_size() == 1 &&
                                details.details(0).UnpackTo(&info)));
}

void Filters(std::string_view text) {
  v1::ListAgreementsRequest request;
  request.set_filter(std::string(text));
  const std::string bytes = request.SerializeAsString();
  if (!request.ParseFromString(bytes)) {
    return;  // not UTF-8: gRPC lets it not through
  }
  api::AgreementFilter agreements;
  std::optional<v1::Payout::State> payouts;
  const grpc::Status parsed = api::ParseAgreementFilter(request.filter(), agreements);
  CheckReadable(parsed);
  ESCROW_ASSERT(parsed.ok() || !text.empty());
  ESCROW_ASSERT(!api::ParsePayoutFilter(request.filter(), payouts).ok() || payouts.has_value() || text.empty());
}

void Tokens(std::string_view text) {
  v1::ListAgreementsRequest request;
  request.set_parent("platforms/shop");
  request.set_page_token(std::string(text));
  api::Page page;
  if (api::ParsePage("ListAgreements", request, page).ok() && page.position != 0) {
    request.set_page_token(api::NextToken(page, page.position));
    api::Page again;
    ESCROW_ASSERT(api::ParsePage("ListAgreements", request, again).ok() && again.position == page.position);
  }
}

void Addresses(std::string_view text) {
  const auto address = api::ParseListenAddress(std::string(text));
  ESCROW_ASSERT(!address.ok() || (address->port >= 0 && address->port <= 65'535 && !address->host.empty()));
}

constexpr std::array kParsers = {Names, Ids, Decimals, Amounts, Times, Filters, Tokens, Addresses};

}  // namespace
}  // namespace escrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size != 0) {
    escrow::fuzz::kParsers[data[0] % escrow::fuzz::kParsers.size()](escrow::fuzz::View(data + 1, size - 1));
  }
  return 0;
}
