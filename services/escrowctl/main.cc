// escrowctl: the command line of escrowd.
#include <cstdlib>

#include "escrowctl/app.h"

int main(int argc, char** argv) {
  // gRPC's own log would stand between our lines; its errors reach us as statuses. Who wants it sets GRPC_VERBOSITY.
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
  return escrow::ctl::RunApp(argc, argv);
}
