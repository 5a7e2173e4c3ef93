// The proofs that transparency-dev/merkle publishes, good and bad ones: ../shared/vectors/rfc6962.

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tlog/fields.h"
#include "tlog/proof.h"

namespace escrow::tlog {
namespace {

namespace fs = std::filesystem;

// One file: a JSON object of numbers, strings, one array of strings and one boolean, as written by one program.
class Vector {
 public:
  explicit Vector(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    text_ = text.str();
  }

  // What stands after `"key": ` up to the end of a line, without a comma.
  [[nodiscard]] std::string Value(const std::string& key) const {
    const std::string start = "\"" + key + "\": ";
    const std::size_t found = text_.find(start);
    EXPECT_NE(found, std::string::npos) << key;
    const std::size_t begin = found + start.size();
    const std::string value = text_.substr(begin, text_.find('\n', begin) - begin);
    return value.ends_with(',') ? value.substr(0, value.size() - 1) : value;
  }

  [[nodiscard]] std::uint64_t Number(const std::string& key) const {
    const std::string value = Value(key);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    EXPECT_TRUE(error == std::errc() && end == value.data() + value.size()) << key << ": " << value;
    return number;
  }

  [[nodiscard]] std::optional<Hash> OneHash(const std::string& key) const {
    const std::string value = Value(key);
    return ParseHash(std::string_view(value).substr(1, value.size() - 2));
  }

  // Nothing when one of them is no hash, which is a proof that nobody could read.
  [[nodiscard]] std::optional<std::vector<Hash>> Proof() const {
    std::vector<Hash> hashes;
    if (Value("proof") == "null" || Value("proof") == "[]") {
      return hashes;
    }
    const std::size_t begin = text_.find('[');
    std::istringstream items(text_.substr(begin + 1, text_.find(']') - begin - 1));
    for (std::string item; items >> item;) {
      std::erase(item, '"');
      std::erase(item, ',');
      const std::optional<Hash> hash = ParseHash(item);
      if (!hash.has_value()) {
        return std::nullopt;
      }
      hashes.push_back(*hash);
    }
    return hashes;
  }

  [[nodiscard]] bool WantsError() const { return Value("wantErr") == "true"; }

 private:
  std::string text_;
};

bool IncludedIn(const Vector& vector) {
  const auto leaf = vector.OneHash("leafHash");
  const auto root = vector.OneHash("root");
  const auto proof = vector.Proof();
  return leaf && root && proof &&
         VerifyInclusion(*leaf, vector.Number("leafIdx"), vector.Number("treeSize"), *proof, *root).ok();
}

bool Consistent(const Vector& vector) {
  const auto old_root = vector.OneHash("root1");
  const auto new_root = vector.OneHash("root2");
  const auto proof = vector.Proof();
  return old_root && new_root && proof &&
         VerifyConsistency(vector.Number("size1"), vector.Number("size2"), *old_root, *new_root, *proof).ok();
}

void CheckAll(const std::string& kind, bool (*verify)(const Vector&), int good, int bad) {
  const char* shared = std::getenv("ESCROW_SHARED");
  const fs::path folder =
      fs::path(shared != nullptr ? shared : ESCROW_SOURCE_DIR "/../shared") / "vectors" / "rfc6962" / kind;
  if (!fs::exists(folder)) {
    GTEST_SKIP() << "no vectors in " << folder << "; set ESCROW_SHARED";
  }
  int accepted = 0;
  int refused = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") {
      const Vector vector(entry.path());
      const bool verified = verify(vector);
      EXPECT_EQ(verified, !vector.WantsError()) << entry.path();
      ++(verified ? accepted : refused);
    }
  }
  EXPECT_EQ(accepted, good);
  EXPECT_EQ(refused, bad);
}

TEST(PublishedProofs, Inclusion) { CheckAll("inclusion", IncludedIn, 4, 49); }
TEST(PublishedProofs, Consistency) { CheckAll("consistency", Consistent, 3, 40); }

}  // namespace
}  // namespace escrow::tlog
