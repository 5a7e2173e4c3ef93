#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "api/page.h"
#include "api/read_call.h"
#include "google/protobuf/repeated_field.h"

namespace escrow::api {

// Scan: a page of a list whose items lie at positions 0 to count - 1 of the state. It looks at the state in short
// looks, so that a list of sparse matches holds no command up; what is created meanwhile comes at the end of the list.
//
// Threading: one call's steps, which follow each other.
class Scan {
 public:
  explicit Scan(const Page& page) : page_(page), next_(page.position) {}

  // Goes on with the page: `visit(position)` renders an item and returns whether it belongs to the list.
  template <class Visit>
  void Look(View& view, std::size_t count, const Visit& visit) {
    const std::size_t slots_end = std::min(page_.position + kPageScanMax, next_ + kLookSlotsMax);
    const std::size_t end = std::min(count, slots_end);
    const std::size_t items_end = std::min(page_.size, positions_.size() + kLookItemsMax);
    for (; next_ < end && positions_.size() < items_end; ++next_) {
      if (visit(next_)) {
        positions_.push_back(next_);
      }
    }
    const bool page_full = positions_.size() == page_.size || next_ == page_.position + kPageScanMax;
    at_end_ = next_ >= count;
    view.again = !at_end_ && !page_full;
  }

  // The token of the page after this one; empty at the end of the list.
  [[nodiscard]] std::string Token() const { return at_end_ ? std::string() : NextToken(page_, next_); }

  // How many items the page has, and the token of the page that starts with one of them. REQUIRES: 0 < item < size().
  [[nodiscard]] std::size_t size() const { return positions_.size(); }
  [[nodiscard]] std::string TokenAt(std::size_t item) const { return NextToken(page_, positions_[item]); }

 private:
  static constexpr std::size_t kLookSlotsMax = 2'000;
  static constexpr std::size_t kLookItemsMax = 100;

  Page page_;
  std::size_t next_;
  std::vector<std::size_t> positions_;  // of the items
  bool at_end_ = false;
};

// Completes the items of a scanned page from the log: `complete(i, bytes)` does it for one and adds its size. When the
// page reaches its bound in bytes, the rest is cut off and left to the next page.
template <class Complete, class Item>
[[nodiscard]] grpc::Status FillPage(const Scan& scan, const Complete& complete,
                                    google::protobuf::RepeatedPtrField<Item>& items, std::string& token) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < scan.size(); ++i) {
    if (bytes > kPageBytesMax) {
      items.DeleteSubrange(static_cast<int>(i), items.size() - static_cast<int>(i));
      token = scan.TokenAt(i);
      return grpc::Status::OK;
    }
    const grpc::Status status = complete(i, bytes);
    if (!status.ok()) {
      return status;
    }
  }
  token = scan.Token();
  return grpc::Status::OK;
}

}  // namespace escrow::api
