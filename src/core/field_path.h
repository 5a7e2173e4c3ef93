#pragma once

#include <string>
#include <string_view>

namespace escrow::core {

// FieldPath: where a field of a request stands, such as "agreement.milestones[1].amount". Checks pass it down at no
// cost; only an error that names the field makes the text.
//
// Ownership: points to its parent and to the names, which must outlive it: make it on the stack, in the call.
class FieldPath {
 public:
  // The outermost field, or a whole path that is known beforehand.
  FieldPath(const char* name) : name_(name) {}  // implicit, so that a check can be given a plain name

  // A field of this one, and element `index` of a repeated field of this one.
  [[nodiscard]] FieldPath Field(std::string_view name) const { return {this, name, -1}; }
  [[nodiscard]] FieldPath Element(std::string_view name, int index) const { return {this, name, index}; }

  [[nodiscard]] std::string Text() const {
    std::string text = parent_ != nullptr ? parent_->Text() + '.' : std::string();
    text += name_;
    return index_ < 0 ? text : text + '[' + std::to_string(index_) + ']';
  }

 private:
  FieldPath(const FieldPath* parent, std::string_view name, int index) : parent_(parent), name_(name), index_(index) {}

  const FieldPath* parent_ = nullptr;
  std::string_view name_;
  int index_ = -1;
};

}  // namespace escrow::core
