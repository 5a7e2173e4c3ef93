#include "toml_reader.h"

#include <algorithm>
#include <optional>

#include "toml++/toml.h"

namespace escrow::daemon {

static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));

struct TomlReader::Impl {
  std::string path;
  toml::table table;
  absl::Status status;
  std::vector<std::string> known;

  void Fail(std::string_view key, toml::source_region source, std::string_view why) {
    if (!status.ok()) {
      return;
    }
    const std::string place = source.begin.line == 0 ? path : path + ":" + std::to_string(source.begin.line);
    status = absl::InvalidArgumentError(place + ": " + std::string(key) + ": " + std::string(why));
  }

  // The node of a key, which is known from now on; null when the file does not set it.
  toml::node* Find(std::string_view key) {
    known.emplace_back(key);
    return table.at_path(key).node();
  }

  // The value of a key in its exact type.
  template <class T>
  std::optional<T> Value(std::string_view key, std::string_view type) {
    toml::node* node = Find(key);
    if (node == nullptr) {
      return std::nullopt;
    }
    const std::optional<T> value = node->value_exact<T>();
    if (!value) {
      Fail(key, node->source(), "must be " + std::string(type));
    }
    return value;
  }

  // Whether the key is known, or a table on the way to a known one.
  [[nodiscard]] bool Knows(std::string_view key, bool is_table) const {
    return std::ranges::any_of(known, [&](const std::string& name) {
      return is_table ? name.starts_with(std::string(key) + ".") : name == key;
    });
  }

  void CheckUnknown(const toml::table& level, const std::string& prefix) {
    for (const auto& [key, node] : level) {
      const std::string name = prefix + std::string(key.str());
      if (!Knows(name, node.is_table())) {
        std::string list;
        for (const std::string& one : known) {
          list += (list.empty() ? "" : ", ") + one;
        }
        Fail(name, node.source(), "unknown key; the keys are " + list);
      } else if (node.is_table()) {
        CheckUnknown(*node.as_table(), name + ".");
      }
    }
  }
};

TomlReader::TomlReader(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  if (path.empty()) {
    return;
  }
  try {
    impl_->table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {  // also when the file cannot be opened
    impl_->Fail("syntax", error.source(), error.description());
  }
}

TomlReader::~TomlReader() = default;

void TomlReader::Integer(std::string_view key, std::int64_t min, std::int64_t max, std::size_t& target) {
  const std::string bounds = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  const auto value = impl_->Value<std::int64_t>(key, bounds);
  if (!value) {
    return;
  }
  if (*value < min || *value > max) {
    Refuse(key, "must be " + bounds + ", not " + std::to_string(*value));
    return;
  }
  target = static_cast<std::size_t>(*value);
}

void TomlReader::Boolean(std::string_view key, bool& target) {
  target = impl_->Value<bool>(key, "true or false").value_or(target);
}

void TomlReader::Text(std::string_view key, std::string& target) {
  target = impl_->Value<std::string>(key, "text in quotes").value_or(target);
}

void TomlReader::Choice(std::string_view key, std::initializer_list<std::string_view> choices, std::string& target) {
  Text(key, target);
  if (std::ranges::find(choices, target) == choices.end()) {
    std::string list;
    for (const std::string_view choice : choices) {
      list += (list.empty() ? "\"" : ", \"") + std::string(choice) + "\"";
    }
    Refuse(key, "must be one of " + list);
  }
}

void TomlReader::Refuse(std::string_view key, std::string_view why) {
  toml::node* node = impl_->table.at_path(key).node();
  impl_->Fail(key, node == nullptr ? toml::source_region() : node->source(), why);
}

absl::Status TomlReader::Finish() {
  impl_->CheckUnknown(impl_->table, "");
  return impl_->status;
}

}  // namespace escrow::daemon
