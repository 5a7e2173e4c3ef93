#pragma once

#include <string>
#include <vector>

#include "google/protobuf/message.h"

// What differs between two pictures of one thing, for people. Pure.
namespace escrow::ctl {

// One value that is not the same: "" where there is none.
struct Change {
  std::string path;  // "milestones[1].state"; of balances what they are of: "shop EUR CUSTODY", "EUR payable"
  std::string before;
  std::string after;
};

// Field by field; amounts, times and states as people read them. Balances are matched by what they are of, other lists
// by position; etags and positions in the log are left out. REQUIRES: both are of one type.
[[nodiscard]] std::vector<Change> ChangesBetween(const google::protobuf::Message& before,
                                                 const google::protobuf::Message& after);

}  // namespace escrow::ctl
