// What stands on the command line of escrowctl: a request in JSON, or the value of a flag. The first byte says which
// type of request, the second which flag, 255 for JSON; lists are separated by newlines.

#include <array>
#include <string>
#include <vector>

#include "escrow/v1/command.pb.h"
#include "escrowctl/request.h"
#include "fuzz/target.h"

namespace {

using escrow::ctl::FieldFlag;
namespace v1 = escrow::v1;

constexpr std::uint8_t kJson = 255;

const google::protobuf::Descriptor& RequestType(std::uint8_t number) {
  const google::protobuf::OneofDescriptor& payload = *v1::Command::descriptor()->oneof_decl(0);
  return *payload.field(number % payload.field_count())->message_type();
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return lines;
    }
    text.remove_prefix(end + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const google::protobuf::Descriptor& type = RequestType(data[0]);
  const std::string_view text = escrow::fuzz::View(data + 2, size - 2);
  const auto request = escrow::ctl::NewMessage(type);
  if (data[1] == kJson) {
    (void)escrow::ctl::FillFromJson(*request, text);
  } else {
    const std::vector<FieldFlag> flags = escrow::ctl::FlagsOf(type);
    (void)escrow::ctl::SetField(*request, flags[data[1] % flags.size()], Lines(text));
  }
  (void)request->ByteSizeLong();
  return 0;
}
