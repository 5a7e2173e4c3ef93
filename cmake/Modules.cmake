# How the project's own targets are built: one static library per layer, warnings as errors.
add_library(escrow_warnings INTERFACE)
target_compile_options(escrow_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Wimplicit-fallthrough -Wcast-qual -Wunused -Woverloaded-virtual -Werror
  # g++ 12's own headers use what they deprecate; clang (the fuzz build) tells of it.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

# escrow_module(NAME DEPENDS lib...): every .cc of the current folder and, named, of its subfolders as library
# escrow_NAME; headers are included as "NAME/x.h".
function(escrow_module name)
  cmake_parse_arguments(ARG "" "" "SUBFOLDERS;DEPENDS" ${ARGN})
  set(globs *.cc)
  foreach(folder ${ARG_SUBFOLDERS})
    list(APPEND globs ${folder}/*.cc)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${globs})
  add_library(escrow_${name} STATIC ${sources})
  target_include_directories(escrow_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(escrow_${name} PUBLIC ${ARG_DEPENDS} PRIVATE escrow_warnings)
endfunction()

# escrow_program(NAME DEPENDS lib...): every .cc of the current folder as a program.
function(escrow_program name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} escrow_warnings)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
