# Compiler settings every target of the project shares: link sse_options PRIVATE.
add_library(sse_options INTERFACE)
target_compile_options(sse_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2
  -Wimplicit-fallthrough>)
if(SSE_WERROR)
  target_compile_options(sse_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()

# Sanitizers apply to third-party C sources we compile too, hence the directory scope.
if(SSE_SANITIZE)
  add_compile_options(-fsanitize=${SSE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SSE_SANITIZE})
endif()

# Fuzz targets are guided by the coverage of every layer they link.
if(SSE_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# sse_layer(NAME SOURCES ... [PUBLIC ...] [PRIVATE ...]): one internal layer of lib/ as a static
# library sse_NAME, included as "NAME/file.hpp". Which layers it may see is what it links.
function(sse_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(sse_${name} STATIC ${ARG_SOURCES})
  target_include_directories(sse_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(sse_${name} PUBLIC ${ARG_PUBLIC} PRIVATE sse_options ${ARG_PRIVATE})
endfunction()

# sse_app(NAME SOURCES ... LIBS ...): program NAME from main.cpp plus a library NAME_app with all
# the rest, so that tests link the program without its main.
function(sse_app name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  string(REPLACE "-" "_" target ${name})
  add_library(${target}_app STATIC ${ARG_SOURCES})
  target_include_directories(${target}_app PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/apps)
  target_link_libraries(${target}_app PUBLIC ${ARG_LIBS} PRIVATE sse_options)
  add_executable(${name} main.cpp)
  if(SSE_SANITIZE MATCHES thread)
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/tsan_signals.cpp)
  endif()
  target_link_libraries(${name} PRIVATE ${target}_app sse_options)
  # An installed program finds libsse.so wherever the install tree is moved to.
  file(RELATIVE_PATH libdir_from_bin /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN/${libdir_from_bin}")
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
