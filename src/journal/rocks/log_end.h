#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace escrow::journal::rocks {

// A sector: what a disk writes as a whole or not at all.
inline constexpr std::size_t kSectorBytes = 512;

// Where the records of a file of RocksDB's write-ahead log end, whose bytes are `file`: what follows is the zeros that
// it was padded with (log_file_system.h) and, after a crash, what the disk has of a record that was not yet synced. Of
// that any sectors may be missing; it is the last one, since each is synced before the next is written.
//
// Damage is never taken for such an end, so that it is met when the file is read: the result is file.size() when the
// last record is wrong but for sectors that were never written, and when a record follows the place that is wrong. What
// is wrong before the last record is not looked for. A bit of the last record that was flipped would be taken for its
// end when what it has of some sector is all zeros: of a group that is at most its last four bytes, a checksum.
//
// The format is that of RocksDB ("Write Ahead Log File Format"): blocks of 32 KiB with pieces of records, each
// le32 checksum | le16 size | type: whole 1, first 2, middle 3, last 4 | bytes
// where the checksum is masked and of the type and the bytes. No piece crosses a block.
[[nodiscard]] std::uint64_t EndOfLog(std::string_view file);

}  // namespace escrow::journal::rocks
