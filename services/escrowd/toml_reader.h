#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace escrow::daemon {

// TomlReader: reads one configuration file strictly. Each known key is asked for once; a value outside its bounds and,
// at the end, a key that nobody asked for are errors that name file, line, key and what is allowed. Only the first is
// kept.
//
// Keys are dotted paths, such as "engine.expire_max". A key that the file does not set leaves its target alone. Not
// thread-safe.
class TomlReader {
 public:
  // An empty path is an empty file.
  explicit TomlReader(const std::string& path);
  ~TomlReader();

  void Integer(std::string_view key, std::int64_t min, std::int64_t max, std::size_t& target);
  void Boolean(std::string_view key, bool& target);
  void Text(std::string_view key, std::string& target);
  void Choice(std::string_view key, std::initializer_list<std::string_view> choices, std::string& target);

  // Refuses the value of a key for a reason that its type and bounds do not tell.
  void Refuse(std::string_view key, std::string_view why);

  // The first error: of reading, of a value, or of an unknown key. INVALID_ARGUMENT.
  [[nodiscard]] absl::Status Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace escrow::daemon
