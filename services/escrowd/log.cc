#include "log.h"

#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace escrow::daemon {
namespace {

bool g_json = true;  // set once by StartLog

std::string Quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      quoted += "\\u00";
      quoted += kHex[byte >> 4U];
      quoted += kHex[byte & 15U];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string ValueText(const LogField& field) {
  const auto* text = std::get_if<std::string_view>(&field.second);
  return text != nullptr ? Quote(*text) : std::to_string(std::get<std::int64_t>(field.second));
}

}  // namespace

std::string JsonLine(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line = "\"event\":" + Quote(event);
  for (const LogField& field : fields) {
    line += "," + Quote(field.first) + ":" + ValueText(field);
  }
  return line;
}

std::string TextLine(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line(event);
  for (const LogField& field : fields) {
    line += " " + std::string(field.first) + "=" + ValueText(field);
  }
  return line;
}

void StartLog(const std::string& level, const std::string& format) {
  g_json = format == "json";
  auto logger = spdlog::stderr_logger_mt("escrowd");
  logger->set_pattern(g_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%fZ %l %v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

void Log(spdlog::level::level_enum level, std::string_view event, std::initializer_list<LogField> fields) {
  spdlog::default_logger_raw()->log(level,
                                    spdlog::string_view_t(g_json ? JsonLine(event, fields) : TextLine(event, fields)));
}

}  // namespace escrow::daemon
