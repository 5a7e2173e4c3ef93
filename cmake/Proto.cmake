# escrow_proto: the generated messages. escrow_grpc: the generated services. Both without our warnings: it is not our code.
file(GLOB ESCROW_PROTOS RELATIVE ${CMAKE_SOURCE_DIR}/proto CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/proto/escrow/v1/*.proto)
set(ESCROW_SERVICE_PROTOS ${ESCROW_PROTOS})
list(FILTER ESCROW_SERVICE_PROTOS INCLUDE REGEX "_service\\.proto$")
set(GOOGLE_PROTOS api/annotations api/client api/field_behavior api/field_info api/http api/launch_stage api/resource
    rpc/code rpc/error_details rpc/status)
list(TRANSFORM GOOGLE_PROTOS PREPEND google/)
list(TRANSFORM GOOGLE_PROTOS APPEND .proto)

set(GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${GENERATED_DIR})
set(IMPORTS -I${CMAKE_SOURCE_DIR}/proto -I${ESCROW_GOOGLEAPIS_DIR})

# generate(OUT_VAR EXTENSION FLAGS protos...): one protoc call per file; appends the sources to OUT_VAR.
function(generate out_var root extension flags)
  foreach(proto ${ARGN})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(outputs ${GENERATED_DIR}/${stem}${extension}.h ${GENERATED_DIR}/${stem}${extension}.cc)
    add_custom_command(OUTPUT ${outputs}
      COMMAND protobuf::protoc ${flags} ${IMPORTS} ${root}/${proto}
      DEPENDS ${root}/${proto} VERBATIM)
    list(APPEND ${out_var} ${outputs})
  endforeach()
  set(${out_var} ${${out_var}} PARENT_SCOPE)
endfunction()

generate(PROTO_SOURCES ${CMAKE_SOURCE_DIR}/proto .pb --cpp_out=${GENERATED_DIR} ${ESCROW_PROTOS})
generate(PROTO_SOURCES ${ESCROW_GOOGLEAPIS_DIR} .pb --cpp_out=${GENERATED_DIR} ${GOOGLE_PROTOS})
add_library(escrow_proto STATIC ${PROTO_SOURCES})
target_link_libraries(escrow_proto PUBLIC protobuf::libprotobuf)
target_include_directories(escrow_proto SYSTEM PUBLIC ${GENERATED_DIR})

set(GRPC_FLAGS --grpc_out=${GENERATED_DIR} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
generate(GRPC_SOURCES ${CMAKE_SOURCE_DIR}/proto .grpc.pb "${GRPC_FLAGS}" ${ESCROW_SERVICE_PROTOS})
add_library(escrow_grpc STATIC ${GRPC_SOURCES})
target_link_libraries(escrow_grpc PUBLIC escrow_proto gRPC::grpc++)
