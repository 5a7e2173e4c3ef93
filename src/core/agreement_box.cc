#include "core/agreement_box.h"

#include <cstring>
#include <utility>

#include "base/assert.h"
#include "core/state_codec.h"

namespace escrow::core {
namespace {

void Write(const Agreement& agreement, Writer& writer) {
  // WHY const_cast: one Visit per type serves reading too; Writer changes nothing.
  Visit(writer, const_cast<Agreement&>(agreement));
}

}  // namespace

AgreementBox::AgreementBox(Agreement agreement) : open_(std::make_unique<Opened>(std::move(agreement))) {}

AgreementBox::AgreementBox(const Agreement& agreement, std::string_view encoded) { SetPacked(agreement, encoded); }

ScopedId AgreementBox::id() const {
  if (open()) {
    return {Index(open_->agreement.platform), open_->agreement.id};
  }
  const PackedHead packed = head();
  return {packed.platform, {packed_.get() + sizeof packed, packed.id_bytes}};
}

Agreement& AgreementBox::Use() {
  if (!open()) {
    auto opened = std::make_unique<Opened>();
    (void)Peek(opened->agreement);
    open_ = std::move(opened);
    packed_.reset();
  }
  open_->used = true;
  return open_->agreement;
}

bool AgreementBox::TakeUsed() {
  ESCROW_ASSERT(open());
  return std::exchange(open_->used, false);
}

void AgreementBox::Pack(Writer& writer) {
  ESCROW_ASSERT(open() && writer.bytes().empty());
  Write(open_->agreement, writer);
  SetPacked(open_->agreement, writer.bytes());
  writer.Clear();
  open_.reset();
}

const Agreement& AgreementBox::Peek(Agreement& scratch) const {
  if (open()) {
    return open_->agreement;
  }
  Reader reader(encoded());
  reader(scratch);
  ESCROW_ASSERT(reader.ok() && reader.AtEnd());
  return scratch;
}

void AgreementBox::EncodeTo(Writer& writer) const {
  if (open()) {
    Write(open_->agreement, writer);
  } else {
    writer.Encoded(encoded());
  }
}

void AgreementBox::SetPacked(const Agreement& agreement, std::string_view encoded) {
  const PackedHead head{.platform = Index(agreement.platform),
                        .id_bytes = static_cast<std::uint32_t>(agreement.id.size()),
                        .encoded_bytes = static_cast<std::uint32_t>(encoded.size())};
  packed_.reset(new char[sizeof head + agreement.id.size() + encoded.size()]);
  char* at = packed_.get();
  std::memcpy(at, &head, sizeof head);
  at += sizeof head;
  std::memcpy(at, agreement.id.data(), agreement.id.size());
  at += agreement.id.size();
  std::memcpy(at, encoded.data(), encoded.size());
}

AgreementBox::PackedHead AgreementBox::head() const {
  PackedHead head;
  std::memcpy(&head, packed_.get(), sizeof head);
  return head;
}

std::string_view AgreementBox::encoded() const {
  const PackedHead packed = head();
  return {packed_.get() + sizeof packed + packed.id_bytes, packed.encoded_bytes};
}

}  // namespace escrow::core
