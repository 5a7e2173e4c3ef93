#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace escrow::orders {

// A record of a CSV file with the line on which it begins.
struct CsvRecord {
  std::size_t line = 0;
  std::vector<std::string> fields;
};

// A CSV file (RFC 4180): a header and records of the same number of fields.
struct CsvTable {
  std::string name;  // of the file, for messages
  std::vector<std::string> header;
  std::vector<CsvRecord> records;

  // The position of a column; an error that names the file and what it has otherwise.
  [[nodiscard]] absl::StatusOr<std::size_t> Column(std::string_view title) const;
};

// Parses a whole file. Lines end with CR LF or LF; quoted fields may hold commas, line ends and doubled quotes; a byte
// order mark is skipped. Errors name file and line: a quote that is never closed, text after a closing quote, a quote
// inside a bare field, a record with more or fewer fields than the header, an empty file.
[[nodiscard]] absl::StatusOr<CsvTable> ParseCsv(std::string name, std::string_view text);

}  // namespace escrow::orders
