// escrowctl: the command line of escrowd.
#include "escrowctl/app.h"

int main(int argc, char** argv) { return escrow::ctl::RunApp(argc, argv); }
