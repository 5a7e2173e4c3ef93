#include "fuzz/target.h"
#include "google/protobuf/stubs/logging.h"

// protobuf tells of every text that is not UTF-8; here that is most of them.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}
