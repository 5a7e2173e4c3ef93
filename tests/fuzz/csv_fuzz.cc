// The CSV files of escrowctl orders: the input is the four of them, separated by lines of "----".

#include <array>
#include <string>

#include "base/assert.h"
#include "escrowctl/orders/csv.h"
#include "escrowctl/orders/olist.h"
#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kSeparator = "----\n";
  std::string_view rest = escrow::fuzz::View(data, size);
  std::array<std::string, 4> files;
  for (std::string& file : files) {
    const std::size_t end = rest.find(kSeparator);
    file = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + kSeparator.size());
    const auto table = escrow::orders::ParseCsv("file.csv", file);
    if (table.ok()) {
      for (const escrow::orders::CsvRecord& record : table->records) {
        ESCROW_ASSERT(record.fields.size() == table->header.size());
      }
    }
  }
  const auto dataset =
      escrow::orders::ReadDataset({.orders = files[0], .items = files[1], .payments = files[2], .reviews = files[3]});
  if (dataset.ok()) {
    ESCROW_ASSERT(dataset->orders.size() <= dataset->order_rows);
  }
  return 0;
}
