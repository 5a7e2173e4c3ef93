# Everything that the build needs from outside. deploy/install puts it there.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# -g1: names and lines for backtraces and profiles, at a fraction of the build time and size of -g.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(LLD NAMES ld.lld ld.lld-19 ld.lld-14)
if(LLD AND LLD MATCHES "ld.lld$")
  add_link_options(-fuse-ld=lld)
endif()

find_package(Threads REQUIRED)
set(Protobuf_USE_STATIC_LIBS ON)
find_package(Protobuf 3.21 REQUIRED)  # module mode: Debian ships no protobuf-config.cmake
find_package(gRPC 1.51 CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_path(ESCROW_MUSTACHE_DIR kainjow/mustache.hpp REQUIRED)  # headers alone, without a CMake package
find_library(ESCROW_TCMALLOC tcmalloc_minimal REQUIRED)

# gRPC, protobuf and abseil become part of the programs. Their calls to each other are direct then, and their thread-local
# variables at fixed places: about a tenth of the processor time of a call (docs/PERFORMANCE.md). The rest stays the system's,
# so that its updates reach us without a build. The packages name the shared library; the archive lies beside it.
get_property(imported_targets DIRECTORY PROPERTY IMPORTED_TARGETS)
list(FILTER imported_targets INCLUDE REGEX "^(gRPC|absl)::")
foreach(imported ${imported_targets})
  get_target_property(shared_library ${imported} IMPORTED_LOCATION_NONE)
  string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${shared_library}")
  if(EXISTS "${archive}")
    set_target_properties(${imported} PROPERTIES IMPORTED_LOCATION_NONE "${archive}")
  endif()
endforeach()

# The public google/api and google/rpc protos (Apache-2.0), fetched by deploy/install.
set(ESCROW_GOOGLEAPIS_DIR ${CMAKE_SOURCE_DIR}/.deps/googleapis CACHE PATH "Folder that holds google/api/*.proto")
if(NOT EXISTS ${ESCROW_GOOGLEAPIS_DIR}/google/api/annotations.proto)
  message(FATAL_ERROR "google/api protos not found in ${ESCROW_GOOGLEAPIS_DIR}: run deploy/install first")
endif()
