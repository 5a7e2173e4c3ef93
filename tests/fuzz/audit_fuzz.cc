// The auditor reads entries of a log that somebody else made. The input is entries, each with its length in two bytes,
// big-endian; what stands at their end without its full length is an entry, too. Each is read as it is; then, so that
// what lies behind form and numbering is met, the event gets the position that is next and goes to the domain until
// that complains, and to the books.

#include <string>
#include <string_view>

#include "audit/books.h"
#include "audit/chain.h"
#include "audit/domain.h"
#include "audit/event_form.h"
#include "base/assert.h"
#include "fuzz/target.h"

namespace escrow::fuzz {
namespace {

std::string_view TakeEntry(std::string_view& rest) {
  std::size_t length = rest.size();
  if (length >= 2) {
    length = static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) << 8U |
             static_cast<std::size_t>(static_cast<unsigned char>(rest[1]));
    rest.remove_prefix(2);
  }
  const std::string_view entry = rest.substr(0, length);
  rest.remove_prefix(entry.size());
  return entry;
}

void Follow(std::string_view rest) {
  audit::Chain chain;
  audit::Domain domain(audit::RuleTables::Published());
  audit::Books books;
  bool chained = true;
  bool lawful = true;
  std::uint64_t next = 1;
  while (!rest.empty()) {
    v1::Event event;
    const std::string_view entry = TakeEntry(rest);
    if (audit::ReadEvent(entry, event)) {
      continue;
    }
    // What passes has one encoding of this size.
    ESCROW_ASSERT(event.ByteSizeLong() == entry.size());
    chained = chained && !chain.Take(event);
    event.set_sequence(next);
    if (lawful && !domain.Take(event)) {
      ++next;
      ESCROW_ASSERT(!books.Post(event));  // what the domain takes balances
    } else {
      lawful = false;
    }
  }
  if (lawful && next > 1) {
    static_cast<void>(domain.Finish().has_value());
  }
}

}  // namespace
}  // namespace escrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  escrow::fuzz::Follow(escrow::fuzz::View(data, size));
  return 0;
}
