#include "escrowctl/audit/verifier.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace escrow::ctl {

absl::Status BecomeVerifier(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"escrow-verify", "log"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    ::execv((self.parent_path() / "escrow-verify").c_str(), pointers.data());
  }
  ::execvp("escrow-verify", pointers.data());
  return absl::InvalidArgumentError(std::string("escrow-verify cannot be run (") + std::strerror(errno) +
                                    "): it belongs beside escrowctl");
}

}  // namespace escrow::ctl
