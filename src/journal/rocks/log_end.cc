#include "journal/rocks/log_end.h"

#include <algorithm>
#include <optional>

#include "journal/crc32c.h"

namespace escrow::journal::rocks {
namespace {

constexpr std::size_t kBlockBytes = 32 * 1024;
constexpr std::size_t kHeadBytes = 7;
constexpr std::size_t kTypeAt = 6;

enum PieceType : std::uint8_t { kWhole = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

bool Begins(PieceType type) { return type == kWhole || type == kFirst; }
bool Ends(PieceType type) { return type == kWhole || type == kLast; }

std::uint32_t LittleEndian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
  }
  return value;
}

// So that a checksum of bytes that hold checksums is no weaker.
std::uint32_t Masked(std::uint32_t checksum) { return (checksum >> 15 | checksum << 17) + 0xa282ead8U; }

// A piece as its head tells it.
struct Piece {
  PieceType type = kWhole;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The piece at `at`; nothing when there is no head of one.
std::optional<Piece> PieceAt(std::string_view file, std::size_t at) {
  if (at + kHeadBytes > file.size()) {
    return std::nullopt;
  }
  const auto type = static_cast<std::uint8_t>(file[at + kTypeAt]);
  const std::size_t end = at + kHeadBytes + LittleEndian(file.substr(at + 4, 2));
  if (type < kWhole || type > kLast || end > (at / kBlockBytes + 1) * kBlockBytes) {
    return std::nullopt;
  }
  return Piece{.type = static_cast<PieceType>(type), .begin = at, .end = end};
}

bool IsRight(std::string_view file, const Piece& piece) {
  return piece.end <= file.size() &&
         LittleEndian(file.substr(piece.begin, 4)) ==
             Masked(Crc32c(0, file.substr(piece.begin + kTypeAt, piece.end - piece.begin - kTypeAt)));
}

// Where the piece after one that ends at `at` begins: too short a rest of a block is left out.
std::size_t NextPiece(std::size_t at) {
  const std::size_t rest = kBlockBytes - at % kBlockBytes;
  return rest < kHeadBytes ? at + rest : at;
}

// How far a file can be read.
struct Walk {
  std::size_t end = 0;        // of the records that are right
  bool all = true;            // nothing but zeros follows them
  std::size_t wrong_end = 0;  // else: of the first piece that is not right, so far as it is one
};

Walk WalkRecords(std::string_view file, std::size_t written) {
  Walk walk;
  bool within = false;  // a record
  std::size_t at = 0;
  while (at < written || within) {
    const std::optional<Piece> piece = PieceAt(file, at);
    if (!piece || Begins(piece->type) == within || !IsRight(file, *piece)) {
      walk.all = false;
      walk.wrong_end = piece ? piece->end : at + 1;
      return walk;
    }
    within = !Ends(piece->type);
    at = NextPiece(piece->end);
    if (!within) {
      walk.end = piece->end;
    }
  }
  return walk;
}

// Whether what [from, to) has of some sector is all zeros.
bool LacksASector(std::string_view file, std::size_t from, std::size_t to) {
  while (from < to) {
    const std::size_t end = std::min(to, (from / kSectorBytes + 1) * kSectorBytes);
    if (file.substr(from, end - from).find_first_not_of('\0') == std::string_view::npos) {
      return true;
    }
    from = end;
  }
  return false;
}

// Whether a record begins in [from, to), at whatever place.
bool ARecordBegins(std::string_view file, std::size_t from, std::size_t to) {
  for (std::size_t at = from; at < to; ++at) {
    const std::optional<Piece> piece = PieceAt(file, at);
    if (piece && Begins(piece->type) && IsRight(file, *piece)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::uint64_t EndOfLog(std::string_view file) {
  const std::size_t last = file.find_last_not_of('\0');
  const std::size_t written = last == std::string_view::npos ? 0 : last + 1;
  const Walk walk = WalkRecords(file, written);
  if (walk.all) {
    return walk.end;
  }
  const std::size_t wrong_end = std::min(std::max(written, walk.wrong_end), file.size());
  const std::size_t begin = NextPiece(walk.end);
  const bool torn = LacksASector(file, begin, wrong_end) && !ARecordBegins(file, begin + 1, written);
  return torn ? walk.end : file.size();
}

}  // namespace escrow::journal::rocks
