#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "spdlog/common.h"

namespace escrow::daemon {

// A field of a line of the log: its name and its value. Never a secret.
using LogField = std::pair<std::string_view, std::variant<std::string_view, std::int64_t>>;

// Sends the log to standard error, one line an event: `json` for programs, `text` for people. Levels as in the
// configuration.
void StartLog(const std::string& level, const std::string& format);

// Writes a line: what happened, in the past tense of one or two words, and its fields. Any thread, after StartLog.
void Log(spdlog::level::level_enum level, std::string_view event, std::initializer_list<LogField> fields = {});

// The line without time and level, as the formats have it.
[[nodiscard]] std::string JsonLine(std::string_view event, std::initializer_list<LogField> fields);
[[nodiscard]] std::string TextLine(std::string_view event, std::initializer_list<LogField> fields);

}  // namespace escrow::daemon
